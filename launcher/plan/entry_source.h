// Getting an entry: the text, the choice by name, and telling what is wrong with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/entry/entry.h"
#include "launcher/entry/entry_json.h"
#include "launcher/plan/options.h"
#include "sandbox/base/log.h"
#include "sandbox/base/result.h"

namespace slipway::launcher {

struct Source {
  std::string name;  // as messages call it
  std::string text;
};

// The text that the options name, whatever is in it. Errors: it cannot be read, or is too long.
Result<Source> read_source(const Options& options);

// The entry that the options name. Nothing where there is none to be had: every reason has been
// said.
std::optional<Entry> load_entry(const Options& options);

// The first ones, and how many more there are: a person mends them one after the other anyway.
// `text`: what was parsed; `name`: as the lines call it.
void say_problems(log::Level level, const std::vector<Problem>& problems, std::string_view text,
                  const std::string& name);

// True where nothing says which entry: a misuse rather than a bad entry.
bool names_no_entry(const Options& options);

}  // namespace slipway::launcher
