// The table of options: the parser and the help are made of it.
#pragma once

#include <span>
#include <string_view>

#include "launcher/options.h"
#include "sandbox/base/result.h"

namespace slipway::launcher {

struct OptionRow {
  std::string_view names;  // "-e,--executor"
  std::string_view value;  // as the help calls it; empty for a switch
  std::string_view help;
  std::string_view group;  // the help's headline
  unsigned commands;       // bits of the commands that have it
  // Takes the value ("" for a switch) into the options.
  Result<void> (*apply)(Options& options, std::string_view value);
};

std::span<const OptionRow> option_rows();

}  // namespace slipway::launcher
