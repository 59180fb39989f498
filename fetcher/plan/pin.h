// A checksum that the content of a URI must have. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Of SHA-2 (FIPS 180-4). Ensures: `hex` has the algorithm's length, in lower case.
class Pin {
 public:
  enum class Algorithm { kSha256, kSha512 };

  // "sha256=<64 hexadecimal digits>" or "sha512=<128>"; ":" instead of "=" is taken too.
  static Result<Pin> parse(std::string_view text);

  [[nodiscard]] Algorithm algorithm() const { return algorithm_; }
  [[nodiscard]] const std::string& hex() const { return hex_; }
  // "sha256=…", as the fragment has it.
  [[nodiscard]] std::string str() const;

  bool operator==(const Pin&) const = default;

 private:
  Pin(Algorithm algorithm, std::string hex) : algorithm_(algorithm), hex_(std::move(hex)) {}
  Algorithm algorithm_;
  std::string hex_;
};

// Where the fragment of a checksum starts ("#sha256=" or "#sha512="), or npos.
std::size_t find_pin(std::string_view uri);

// Whether a fragment is probably meant as a checksum, of whatever algorithm and spelling. Only the
// two above are: everything else is part of the name.
bool looks_pinned(std::string_view uri);

}  // namespace slipway::fetcher
