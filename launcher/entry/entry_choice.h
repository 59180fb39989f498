// Which entry of a file is meant. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "launcher/entry/entry.h"
#include "sandbox/base/result.h"

namespace slipway::launcher {

// The index of the entry of that exact executor name; of the only one where the name is empty.
// Errors: there is none, or several and no name: the message lists them, and says which one may
// have been meant. `file`: as the message calls it.
Result<std::size_t> choose_entry(std::span<const Entry> entries, std::string_view name,
                                 std::string_view file);

// "no executor is named 'x' (there is: 'y', 'z'); did you mean 'y'?"
std::string no_such_executor(std::span<const Entry> entries, std::string_view name);

}  // namespace slipway::launcher
