#include "launcher/report/progress.h"

#include <algorithm>

#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::launcher {

namespace {

constexpr std::size_t kNameColumns = 28;
constexpr std::size_t kMostBarColumns = 20;
constexpr std::size_t kLeastBarColumns = 8;
// Around a name and a bar, with the blanks between: brackets, "100%", size, rate, "ETA 59 s".
constexpr std::size_t kOtherColumns = 4 + (2 + 4) + (2 + 10) + (2 + 9) + (2 + 8);
constexpr double kMemory = 3;  // seconds that the shown rate looks back

std::string rate_text(double rate) {
  constexpr double kMost = 1e18;  // what a task may write into its report can be more
  return cat(rough_size(static_cast<std::uint64_t>(std::min(rate, kMost))), "/s");
}

// The time that is left; nothing where it cannot be told.
std::string eta_text(std::uint64_t bytes, std::uint64_t total, double rate) {
  if (rate < 1 || bytes >= total) return {};
  const double left = static_cast<double>(total - bytes) / rate;
  if (left > 359'999) return {};
  const auto seconds = static_cast<std::uint64_t>(left) + 1;
  if (seconds < 60) return cat("ETA ", seconds, " s");
  return seconds < 3600 ? cat("ETA ", seconds / 60, " min ", seconds % 60, " s")
                        : cat("ETA ", seconds / 3600, " h ", seconds % 3600 / 60, " min");
}

std::uint64_t percent(std::uint64_t bytes, std::uint64_t total) {
  if (total == 0 || bytes >= total) return 100;
  return static_cast<std::uint64_t>(100 *
                                    (static_cast<double>(bytes) / static_cast<double>(total)));
}

// As wide as the numbers leave room for: they tell more. Empty where that is too little.
std::string bar(std::uint64_t part, std::size_t columns, std::size_t name_columns) {
  if (columns < name_columns + kOtherColumns + kLeastBarColumns) return {};
  const std::size_t width = std::min(columns - name_columns - kOtherColumns, kMostBarColumns);
  const std::size_t full = width * static_cast<std::size_t>(part) / 100;
  return cat('[', std::string(full, '#'), std::string(width - full, '-'), ']');
}

// The pieces side by side, as many as there is room for; an empty one takes none.
std::string fitted(const std::vector<std::string>& pieces, std::size_t columns, Glyphs glyphs) {
  std::string line;
  for (const std::string& piece : pieces) {
    if (piece.empty()) continue;
    if (!line.empty() && columns_of(line) + 2 + columns_of(piece) > columns) continue;
    line += line.empty() ? piece : "  " + piece;
  }
  return shortened(line, columns, glyphs);
}

}  // namespace

void Progress::start(std::size_t uri, Time now) {
  if (uri < names_.size()) running_.try_emplace(uri).first->second.updated = now;
}

void Progress::advance(const fetcher::ProgressEvent& event, Time now) {
  if (event.uri >= names_.size()) return;
  const auto [found, is_new] = running_.try_emplace(event.uri);
  Running& running = found->second;
  if (is_new) running.updated = now;
  const double passed = std::chrono::duration<double>(now - running.updated).count();
  if (passed > 0 && event.bytes >= running.bytes) {
    const double newest = static_cast<double>(event.bytes - running.bytes) / passed;
    const double weight = running.rate > 0 ? passed / (passed + kMemory) : 1;
    running.rate += (newest - running.rate) * weight;
  }
  // It is told regularly how far a URI is, also between tries.
  if (event.bytes != running.bytes) running.again_at.reset();
  running.bytes = event.bytes;
  running.total = event.total;
  running.updated = now;
}

void Progress::end(std::size_t uri, std::uint64_t bytes) {
  if (uri >= names_.size()) return;
  running_.erase(uri);
  ++ended_;
  ended_bytes_ += bytes;
}

void Progress::take(const fetcher::FetchEvent& event, Time now) {
  if (const auto* started = std::get_if<fetcher::StartedEvent>(&event)) {
    start(started->uri, now);
  } else if (const auto* progress = std::get_if<fetcher::ProgressEvent>(&event)) {
    advance(*progress, now);
  } else if (const auto* retry = std::get_if<fetcher::RetryEvent>(&event)) {
    start(retry->uri, now);
    const auto found = running_.find(retry->uri);
    if (found == running_.end()) return;
    found->second.rate = 0;
    found->second.again_at = now + retry->pause;
  } else if (const auto* fetched = std::get_if<fetcher::FetchedEvent>(&event)) {
    end(fetched->uri, fetched->bytes);
  } else if (const auto* failed = std::get_if<fetcher::FailedEvent>(&event)) {
    end(failed->uri, 0);
  }
}

std::string Progress::row(std::size_t uri, const Running& running, Time now, std::size_t columns,
                          Glyphs glyphs) const {
  const std::size_t name_columns = std::min(kNameColumns, columns * 2 / 5);
  const std::string name =
      padded_right(shortened(escape(names_[uri]), name_columns, glyphs), name_columns);
  if (running.again_at && *running.again_at > now) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(*running.again_at - now).count();
    return fitted({name, cat("tries again in ", left, " s")}, columns, glyphs);
  }
  if (!running.total) {
    return fitted({name, rough_size(running.bytes), rate_text(running.rate)}, columns, glyphs);
  }
  const auto part = percent(running.bytes, *running.total);
  // What there is no room for is left out from the right, and a bar before a number.
  return fitted(
      {name, bar(part, columns, name_columns), padded_left(cat(part, "%"), 4),
       padded_left(rough_size(running.bytes), 10), padded_left(rate_text(running.rate), 9),
       eta_text(running.bytes, *running.total, running.rate)},
      columns, glyphs);
}

std::string Progress::total_row(std::size_t columns, std::size_t hidden, Glyphs glyphs) const {
  std::uint64_t bytes = ended_bytes_;
  std::uint64_t total = ended_bytes_;
  double rate = 0;
  bool all_known = ended_ + running_.size() == names_.size();
  for (const auto& [uri, running] : running_) {
    bytes += running.bytes;
    total += running.total.value_or(0);
    all_known = all_known && running.total.has_value();
    rate += running.rate;
  }
  return fitted({cat(ended_, " of ", names_.size(), names_.size() == 1 ? " URI" : " URIs"),
                 hidden > 0 ? cat("and ", hidden, " more under way") : std::string(),
                 all_known ? cat(rough_size(bytes), " of ", rough_size(total)) : rough_size(bytes),
                 rate_text(rate), all_known ? eta_text(bytes, total, rate) : std::string()},
                columns, glyphs);
}

std::vector<std::string> Progress::frame(Time now, TerminalSize size, Glyphs glyphs) const {
  std::vector<std::string> lines;
  if (running_.empty() || size.rows < 3 || size.columns < 2) return lines;
  const std::size_t columns = size.columns - 1;
  const std::size_t shown = std::min(running_.size(), size.rows - 2);
  for (const auto& [uri, running] : running_) {
    if (lines.size() == shown) break;
    lines.push_back(row(uri, running, now, columns, glyphs));
  }
  lines.push_back(total_row(columns, running_.size() - shown, glyphs));
  return lines;
}

}  // namespace slipway::launcher
