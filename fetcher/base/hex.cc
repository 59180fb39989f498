#include "fetcher/base/hex.h"

#include <charconv>

namespace slipway::fetcher {

std::string hex_of(std::span<const std::byte> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const std::byte byte : bytes) {
    hex += kDigits[std::to_integer<unsigned>(byte >> 4)];
    hex += kDigits[std::to_integer<unsigned>(byte & std::byte{0xf})];
  }
  return hex;
}

Result<std::string> bytes_of_hex(std::string_view hex) {
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    const std::string_view pair = hex.substr(at, 2);
    unsigned char byte = 0;
    const auto parsed = std::from_chars(pair.data(), pair.data() + pair.size(), byte, 16);
    if (pair.size() != 2 || parsed.ptr != pair.data() + 2) {
      return Error("are no bytes in hexadecimal");
    }
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace slipway::fetcher
