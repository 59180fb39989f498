// slipway's own environment, as a value.
#pragma once

#include <map>
#include <string>

namespace slipway::launcher {

// Of two variables with one name the first counts, as for getenv(3).
std::map<std::string, std::string> own_environment();

}  // namespace slipway::launcher
