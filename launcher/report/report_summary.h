// What a report says, read back. The task could write to it, so nothing in it is believed to be
// sane: whatever the text, there is a summary, of bounded size, with numbers in bounds. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/plan/fetch_event.h"

namespace slipway::launcher {

using Microseconds = std::chrono::microseconds;

struct RetrySummary {
  Microseconds at{0};
  std::uint64_t tries = 0;  // so far
  std::uint64_t of = 0;
  std::string failure;  // its class
  std::string message;
};

struct UriSummary {
  enum class State { kUnderWay, kFetched, kFailed };
  State state = State::kUnderWay;
  std::string uri;
  std::string destination;
  // Since the start of slipway. Where the start is not known: as long before the end as the phases
  // took.
  Microseconds begin{0};
  Microseconds end{0};
  std::string source;
  std::uint64_t bytes = 0;
  std::string sha256;
  std::string tree;  // overlay or copy, where its files came out of the cache's unpacked archive
  std::uint64_t entries = 0;
  std::uint64_t tries = 0;
  fetcher::PhaseTimes times;
  std::string failure;  // its class
  std::string code;
  std::uint64_t status = 0;
  std::string message;
  std::string remedy;
  std::string excerpt;
  std::vector<RetrySummary> retries;

  [[nodiscard]] Microseconds took() const { return end - begin; }
  // The name of its row.
  [[nodiscard]] const std::string& name() const { return destination.empty() ? uri : destination; }
};

struct MountSummary {
  Microseconds end{0};
  Microseconds took{0};
  std::uint64_t volumes = 0;
  std::uint64_t overlays = 0;
};

struct ExecSummary {
  Microseconds at{0};
  std::string file;
  std::string argv0;
};

struct ExitSummary {
  Microseconds at{0};
  std::optional<std::uint64_t> code;
  std::optional<std::uint64_t> signal;
  double user_s = 0;
  double system_s = 0;
  std::uint64_t max_rss_kib = 0;
};

struct FailureSummary {
  Microseconds at{0};
  std::string stage;
  std::string code;
  std::string message;
  std::string remedy;
  std::uint64_t status = 0;
};

struct ReportSummary {
  bool is_report = false;  // it has a line of ours
  std::string version;
  std::string time;
  std::string executor;
  std::string user;
  std::string sandbox;
  std::map<std::uint64_t, UriSummary> uris;  // by their index in the entry
  std::optional<Microseconds> placed;
  std::optional<MountSummary> mount;
  std::optional<ExecSummary> exec;
  std::optional<ExitSummary> exit;
  std::optional<FailureSummary> failed;
  std::vector<std::string> warnings;
  std::uint64_t unread_lines = 0;  // that are not what a report has; a last one that is cut is none

  // When slipway was done: it executed something, or failed; else the last that is known.
  [[nodiscard]] Microseconds end() const;
};

// Lines of unknown events and versions are passed over.
ReportSummary summarize(std::string_view text);

// One object on one line.
std::string to_json(const ReportSummary& summary);
std::string to_json(const UriSummary& uri);

}  // namespace slipway::launcher
