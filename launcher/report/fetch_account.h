// What becomes of the events of the fetch stage: lines for people, lines of the report, progress on
// a terminal, and the account of what succeeded.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "fetcher/plan/fetch_event.h"
#include "fetcher/plan/fetch_plan.h"
#include "launcher/report/progress_screen.h"
#include "launcher/report/report.h"

namespace slipway::launcher {

class FetchAccount {
 public:
  enum class Into { kSandbox, kCacheOnly };

  // `screen`: null where there is no progress to be drawn. All are borrowed.
  FetchAccount(const fetcher::FetchPlan& plan, Into into, Report& report, ProgressScreen* screen)
      : plan_(plan), into_(into), report_(report), screen_(screen) {}

  // Says it: at most two lines for a URI that was fetched or has failed, one for each retry.
  void take(const fetcher::FetchEvent& event);
  // The last line where URIs failed: how many.
  void conclude();

  [[nodiscard]] bool placed() const { return placed_; }
  [[nodiscard]] std::size_t failed_uris() const { return failed_uris_; }
  [[nodiscard]] const std::optional<Error>& stage_error() const { return stage_error_; }

 private:
  struct Say;
  void report(const fetcher::FetchEvent& event);
  [[nodiscard]] const fetcher::FetchStep* step_of(const fetcher::FetchEvent& event) const;
  bool is_due(const fetcher::ProgressEvent& event);

  const fetcher::FetchPlan& plan_;
  Into into_;
  Report& report_;
  ProgressScreen* screen_;
  bool placed_ = false;
  std::size_t failed_uris_ = 0;
  std::optional<Error> stage_error_;
  // When the report was last told how far a URI is.
  std::map<std::size_t, std::chrono::steady_clock::time_point> progress_told_;
};

// The lines for people about a failed URI, in order. Pure.
std::vector<std::string> failure_lines(const fetcher::FailedEvent& event, std::string_view uri);

}  // namespace slipway::launcher
