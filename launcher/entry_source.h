// Getting an entry: the text, the choice by name, and telling what is wrong with it.
#pragma once

#include <optional>

#include "launcher/entry.h"
#include "launcher/options.h"

namespace slipway::launcher {

// The entry that the options name. Nothing where there is none to be had: every reason has been
// said.
std::optional<Entry> load_entry(const Options& options);

// True where nothing says which entry: a misuse rather than a bad entry.
bool names_no_entry(const Options& options);

}  // namespace slipway::launcher
