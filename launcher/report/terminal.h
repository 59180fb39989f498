// What can be asked of a terminal, and of the environment about it. Reads only.
#pragma once

#include <map>
#include <string>

#include "launcher/base/columns.h"
#include "launcher/report/progress.h"

namespace slipway::launcher {

// A terminal that obeys escape sequences: not one that TERM calls "dumb" or says nothing of.
bool can_draw_on(int fd, const std::map<std::string, std::string>& environment);

// Its window; 80 × 24 where it is no terminal or does not know.
TerminalSize size_of(int fd);

// By LC_ALL, LC_CTYPE and LANG, the first that is set and not empty (locale(7)). Pure.
Glyphs glyphs_of(const std::map<std::string, std::string>& environment);

}  // namespace slipway::launcher
