// What the manual says of a command that its rows know: how it is called, what its options are and
// what its exit status means. As scdoc(5) has it. Pure.
#pragma once

#include <string>

#include "launcher/command/cli_options.h"
#include "launcher/command/commands.h"

namespace slipway::manual {

// One line: "*slipway run* [_FILE_|-] …".
std::string synopsis(const launcher::CommandRow& command);

// A headline for each group of options, and its options.
std::string option_list(const launcher::CommandRow& command);

// "*-e*, *--executor* _NAME_".
std::string option_term(const launcher::OptionRow& row);

std::string exit_statuses(const launcher::CommandRow& command);

// Every command that people call, by groups: its page and what it does.
std::string command_list();

}  // namespace slipway::manual
