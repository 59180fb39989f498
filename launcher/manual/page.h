// The pages of the manual: their sources are text, with lines that stand for what the program's
// tables know. Pure.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/base/result.h"

namespace slipway::manual {

// `source` with each line "@NAME WORD@" replaced by that part:
//   @SYNOPSIS wrap unwrap@                        of commands, a line for each
//   @OPTIONS run@, @EXIT run@                     of a command
//   @COMMANDS@                                    all of them
//   @SETTINGS fetch@                              the keys of a table of the settings file
//   @CODES E@, @CODES W@                          the codes of errors, of warnings
//   @UNUSED@                                      keys of an entry that mean nothing to slipway
//   @AGENT-VARIABLES@                             what an agent gives to executors
// Errors: a line that begins with '@' and is no part, with its number.
Result<std::string> page(std::string_view source);

}  // namespace slipway::manual
