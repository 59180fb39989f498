// The names of an option, taken apart. Pure.
#pragma once

#include <string>
#include <string_view>

#include "launcher/command/cli_options.h"

namespace slipway::manual {

// "--executor" and "-e"; the short one is empty where there is none.
std::string_view long_name(const launcher::OptionRow& row);
std::string_view short_name(const launcher::OptionRow& row);

// Both, with something between: "-e | --executor".
std::string names_of(const launcher::OptionRow& row, std::string_view between);

}  // namespace slipway::manual
