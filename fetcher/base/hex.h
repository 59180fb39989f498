// Bytes as two hexadecimal digits each (RFC 4648, section 8). Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

// In lower case.
[[nodiscard]] std::string hex_of(std::span<const std::byte> bytes);

// The digits may be of either case. Fails where anything else is among them, or half a byte.
[[nodiscard]] Result<std::string> bytes_of_hex(std::string_view hex);

}  // namespace slipway::fetcher
