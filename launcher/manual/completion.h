// What completes slipway's command line in the shells, made of its tables. Pure.
#pragma once

#include <string>

namespace slipway::manual {

// Each is the text of the file that the shell loads.
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace slipway::manual
