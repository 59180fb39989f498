// Whom TLS trusts: which file or directory of authorities libcurl is told.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace slipway::fetcher {

inline constexpr char kSystemAuthorities[] = "/etc/ssl/certs";

struct Authorities {
  std::string file;       // in PEM; empty: none
  std::string directory;  // by hash; empty: none
  // Who says so: "ca", the key of the settings; a variable of the environment, or two; empty for
  // the system's, and where libcurl is told nothing and takes what it was built with.
  std::string origin;
};

// The operator's choice, of the settings (`ca`) or of the environment, else the system's directory
// where it is hashed, of which only what is needed is read, else nothing. `variable` gives the
// value of one of the environment, "" for none. Reads only.
Authorities choose_authorities(const std::string& ca,
                               const std::function<std::string(const char*)>& variable);

// Whether it is a name that c_rehash makes: "5ad8a5d6.0". Pure.
bool is_hash_name(std::string_view name);

}  // namespace slipway::fetcher
