// Showing a line of somebody's configuration without what must not be seen in it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace slipway::launcher {

// The text, as long as it was, with '*' for the bytes of secrets: userinfo and query of whatever
// looks like a URI, the "value" of a variable whose "name" looks secret, and what is written behind
// a name that looks secret and a ':' or '='. Works on any text,
// JSON or not: it is shown because something is wrong with it.
std::string mask_secrets(std::string_view text);

}  // namespace slipway::launcher
