// How the downloads get on: events in, lines of a terminal out. Pure.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fetcher/plan/fetch_event.h"
#include "launcher/base/columns.h"

namespace slipway::launcher {

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

class Progress {
 public:
  using Time = std::chrono::milliseconds;  // since some moment

  // One name for each URI of the plan.
  explicit Progress(std::vector<std::string> names) : names_(std::move(names)) {}

  void take(const fetcher::FetchEvent& event, Time now);

  [[nodiscard]] bool is_under_way() const { return !running_.empty(); }
  // A line for each URI that is under way and one for all; nothing where none is under way. No line
  // has more columns than size.columns - 1, so that none wraps, and there are fewer than size.rows.
  [[nodiscard]] std::vector<std::string> frame(Time now, TerminalSize size, Glyphs glyphs) const;

 private:
  struct Running {
    std::uint64_t bytes = 0;
    std::optional<std::uint64_t> total;
    double rate = 0;  // bytes a second, of the last seconds
    Time updated{0};
    std::optional<Time> again_at;  // between tries
  };

  void start(std::size_t uri, Time now);
  void advance(const fetcher::ProgressEvent& event, Time now);
  void end(std::size_t uri, std::uint64_t bytes);
  [[nodiscard]] std::string row(std::size_t uri, const Running& running, Time now,
                                std::size_t columns, Glyphs glyphs) const;
  [[nodiscard]] std::string total_row(std::size_t columns, std::size_t hidden, Glyphs glyphs) const;

  std::vector<std::string> names_;
  std::map<std::size_t, Running> running_;
  std::size_t ended_ = 0;
  std::uint64_t ended_bytes_ = 0;
};

}  // namespace slipway::launcher
