// The names of an archive's members, made safe. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fetcher/archive/extract_limits.h"
#include "sandbox/path.h"

namespace slipway::fetcher {

// The bytes of a member's name as a path below the destination: leading '/' and "." components are
// dropped. Nothing for the destination itself ("./"). Errors: empty, a NUL byte, a ".." component
// ("..x" is a name like any other), a component over 255 bytes, a path over the limits.
Result<std::optional<sandbox::SandboxPath>> parse_member_name(std::string_view raw,
                                                              const ExtractLimits& limits);

// A member's name for a message: quoted, and cut where it is very long.
std::string quote_member(std::string_view raw);

}  // namespace slipway::fetcher
