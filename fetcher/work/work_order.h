// What the launcher hands to slipway-fetcher: JSON on its standard input, never argv or
// environment, which other users can read. Descriptors 3 and 4 are the sandbox and, where there is
// one, the user's cache directory. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/plan/fetch_plan.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

inline constexpr int kSandboxFd = 3;
inline constexpr int kCacheFd = 4;

// Its exit status where it has no memory to say anything more.
inline constexpr int kNoMemoryStatus = 3;
// Of the order's text: a step takes more bytes here than its URI may have taken in a 1 MiB entry.
inline constexpr std::size_t kWorkOrderMaxBytes = std::size_t{64} << 20;

// How far the launcher has come with a step before it left the order to slipway-fetcher.
enum class StepState {
  kNew,
  kBegun,  // its StartedEvent was told
  kDone,   // all of it was told, and its file stands in the staging area
};

struct WorkOrder {
  FetchPlan plan;
  bool has_cache = false;
  bool show_progress = false;  // ProgressEvents are wanted
  // Only the cache is filled: there is no sandbox, descriptor 3 is closed.
  bool prefetch = false;
  std::vector<StepState> states = {};  // of the plan's steps; empty: all are new
};

inline StepState state_of(const WorkOrder& order, std::size_t step) {
  return step < order.states.size() ? order.states[step] : StepState::kNew;
}

std::string to_json(const WorkOrder& order);
// The launcher's words are trusted in what they ask for, not in their form. Errors: no such text, a
// version, format or limit that is not known here; they repeat no URI.
Result<WorkOrder> parse_work_order(std::string_view json);

}  // namespace slipway::fetcher
