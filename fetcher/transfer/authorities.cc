#include "fetcher/transfer/authorities.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

bool is_hashed_directory(const char* path) {
  const auto dir = sys::open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
  if (!dir) return false;
  const auto names = sys::list(dir->get());
  return names &&
         std::ranges::any_of(*names, [](const auto& entry) { return is_hash_name(entry.name); });
}

}  // namespace

bool is_hash_name(std::string_view name) {
  return name.size() == 10 && name.ends_with(".0") &&
         name.find_first_not_of("0123456789abcdef") == 8;
}

Authorities choose_authorities(const std::string& ca,
                               const std::function<std::string(const char*)>& variable) {
  if (!ca.empty()) {
    return sys::is_directory(ca) ? Authorities{"", ca, "ca"} : Authorities{ca, "", "ca"};
  }
  Authorities chosen;
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    if (!chosen.file.empty()) continue;
    chosen.file = variable(name);
    if (!chosen.file.empty()) chosen.origin = name;
  }
  chosen.directory = variable("SSL_CERT_DIR");
  if (!chosen.directory.empty()) {
    chosen.origin += cat(chosen.origin.empty() ? "" : " and ", "SSL_CERT_DIR");
  }
  const bool told = !chosen.file.empty() || !chosen.directory.empty();
  if (!told && is_hashed_directory(kSystemAuthorities)) chosen.directory = kSystemAuthorities;
  return chosen;
}

}  // namespace slipway::fetcher
