// The table of options: the parser, the help, the manual and the completions are made of it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "launcher/base/word_kind.h"
#include "launcher/plan/options.h"
#include "sandbox/base/result.h"

namespace slipway::launcher {

struct OptionRow {
  std::string_view names;  // "-e,--executor"
  std::string_view value;  // as the help calls it; empty for a switch
  std::string_view help;   // one sentence without its full stop; what the manual says, too
  std::string_view group;  // the help's headline
  std::uint64_t commands;  // bits of the commands that have it
  // Takes the value ("" for a switch) into the options.
  Result<void> (*apply)(Options& options, std::string_view value);
  WordKind kind = WordKind::kText;  // of the value; for a switch it means nothing
  std::string_view choices = {};    // of kChoice: with a blank between; "x=" wants more behind it
  std::string_view manual = {};     // in place of `help`, where that is not enough; scdoc(5)
};

std::span<const OptionRow> option_rows();

}  // namespace slipway::launcher
