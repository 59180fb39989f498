// A FetcherInfo, the order of a Mesos agent to its fetcher, → an entry without a command. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "launcher/entry/entry_json.h"
#include "sandbox/json.h"

namespace slipway::launcher {

// The JSON text of one, taken out of other text.
struct QuotedFetcherInfo {
  std::string json;
  std::size_t start = 0;  // its place in the other text
  bool verbatim = true;   // byte by byte as it stands there; else the shell's quotes were undone
};

// Out of text that is no JSON by itself: what follows the first "Fetcher Info: " to the end of the
// line (mesos-fetcher logs it so, behind glog's prefix), or "MESOS_FETCHER_INFO=", bare to the end
// of the line or a NUL, or in the quotes of a shell. Nothing where there is neither.
std::optional<QuotedFetcherInfo> find_fetcher_info(std::string_view text);

// By its shape: it has sandbox_directory, or items and nothing of a command.
bool is_fetcher_info(const sandbox::JsonValue& root);

// Adds one entry or problems. What only concerns the agent is left: its sandbox, its cache and its
// stall timeout.
void read_fetcher_info(const QuotedFetcherInfo& quoted, ParsedEntries& into);

}  // namespace slipway::launcher
