// Showing a line of somebody's configuration without what must not be seen in it. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::launcher {

// The text, as long as it was, with '*' for the bytes of secrets: userinfo and query of whatever
// looks like a URI, what stands between ':' and '@' of anything else, the "value" of a variable
// whose "name" looks secret, and what is written behind a name that looks secret and a ':' or '=',
// or behind such an option. Works on any text, JSON or not: it is shown because something is wrong
// with it.
std::string mask_secrets(std::string_view text);

// Of a command's words each; where one is an option that looks secret, all of the next, unless that
// is an option.
std::vector<std::string> mask_secrets(std::span<const std::string> words);

}  // namespace slipway::launcher
