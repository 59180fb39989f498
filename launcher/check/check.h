// `slipway check`: everything that is wrong with a file of entries, or seldom meant. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/plan/options.h"
#include "sandbox/base/error.h"
#include "sandbox/message_code.h"

namespace slipway::launcher {

struct CheckFinding {
  enum class Severity { kError, kWarning };

  Severity severity = Severity::kError;
  MessageCode code{};
  std::size_t offset = 0;  // in the text
  std::string pointer;     // RFC 6901; empty for the whole document
  std::string what;        // with what is expected
  std::string remedy;      // may be empty
};

// Of one file: whoever has more mends these first.
inline constexpr std::size_t kMostFindings = 1000;

// Of one file.
struct Checked {
  std::string file;  // as messages call it
  std::string text;
  std::vector<std::string> executors;  // their names, where the text could be read so far
  std::vector<CheckFinding> findings;  // in the order of the text; the first kMostFindings
  std::size_t left_out = 0;            // what was found behind those
  std::optional<Error> unreadable = {};
};

struct CheckRules {
  Judge judge = Judge::kAurora;
  Strictness strictness = Strictness::kWarningsPass;
  std::string executor = {};  // that has to be there; empty: none in particular
};

// Judge::kAurora: what the scheduler does not start with is an error, and so is what run refuses.
// Judge::kSlipway: only the latter; an unknown key is a warning then.
Checked check(std::string file, std::string text, const CheckRules& rules);

}  // namespace slipway::launcher
