#include "launcher/report/report_summary.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "sandbox/base/text.h"
#include "sandbox/confine.h"
#include "sandbox/json.h"

namespace slipway::launcher {

namespace {

using sandbox::JsonKind;
using sandbox::JsonValue;

constexpr std::size_t kMostUris = 20'000;  // an entry of 1 MiB has no more
constexpr std::size_t kMostRetries = 100;  // of one URI; --retries allows no more
constexpr std::size_t kMostWarnings = 1000;
// About a year: sums of some thousands stay in range.
constexpr Microseconds kLongest = std::chrono::hours(10'000);

Microseconds clamped(double microseconds) {
  const auto most = static_cast<double>(kLongest.count());
  return Microseconds(static_cast<std::int64_t>(std::clamp(microseconds, 0.0, most)));
}

// The members of one line; what is missing or of another kind is empty or 0.
class Line {
 public:
  explicit Line(const JsonValue& root) : root_(root) {}

  [[nodiscard]] std::string text(std::string_view name) const {
    const auto* found = find(name, JsonKind::kString);
    return found == nullptr ? std::string() : found->text;
  }
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const {
    const auto* found = find(name, JsonKind::kInteger);
    if (found == nullptr) return std::nullopt;
    std::uint64_t number = 0;
    const std::string& digits = found->text;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool whole = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
    return whole ? std::optional(number) : std::nullopt;
  }
  [[nodiscard]] std::uint64_t count(std::string_view name) const {
    return number(name).value_or(0);
  }
  [[nodiscard]] double real(std::string_view name) const {
    const JsonValue* found = find(name, JsonKind::kReal);
    if (found == nullptr) found = find(name, JsonKind::kInteger);
    return found == nullptr || !std::isfinite(found->number) ? 0 : found->number;
  }
  [[nodiscard]] Microseconds microseconds(std::string_view name) const {
    return clamped(real(name));
  }
  [[nodiscard]] Microseconds at() const { return clamped(real("t") * 1000); }
  [[nodiscard]] bool flag(std::string_view name) const {
    const auto* found = find(name, JsonKind::kBoolean);
    return found != nullptr && found->boolean;
  }
  [[nodiscard]] fetcher::PhaseTimes times() const {
    fetcher::PhaseTimes times;
    const auto* found = find("times", JsonKind::kObject);
    if (found == nullptr) return times;
    for (const auto& row : fetcher::phase_rows()) {
      times.*row.time = Line(*found).microseconds(row.key);
    }
    return times;
  }

 private:
  [[nodiscard]] const JsonValue* find(std::string_view name, JsonKind kind) const {
    const auto* member = root_.find(name);
    return member != nullptr && member->value.kind == kind ? &member->value : nullptr;
  }
  const JsonValue& root_;
};

Microseconds all_of(const fetcher::PhaseTimes& times) {
  Microseconds all{0};
  for (const auto& row : fetcher::phase_rows()) all += times.*row.time;
  return all;
}

// The row of the URI that the line is about; null where there are too many.
UriSummary* uri_of(ReportSummary& summary, const Line& line) {
  const auto index = line.number("index");
  if (!index) return nullptr;
  const auto found = summary.uris.find(*index);
  if (found != summary.uris.end()) return &found->second;
  if (summary.uris.size() >= kMostUris) return nullptr;
  UriSummary& uri = summary.uris[*index];
  uri.uri = line.text("uri");
  uri.begin = uri.end = line.at();
  return &uri;
}

void take_fetch_start(ReportSummary& summary, const Line& line) {
  UriSummary* uri = uri_of(summary, line);
  if (uri == nullptr) return;
  uri->destination = line.text("destination");
  uri->begin = uri->end = line.at();
}

void take_progress(ReportSummary& summary, const Line& line) {
  UriSummary* uri = uri_of(summary, line);
  if (uri == nullptr) return;
  uri->bytes = line.count("bytes");
  uri->end = std::max(uri->begin, line.at());
}

void take_retry(ReportSummary& summary, const Line& line) {
  UriSummary* uri = uri_of(summary, line);
  if (uri == nullptr || uri->retries.size() >= kMostRetries) return;
  uri->end = std::max(uri->begin, line.at());
  uri->retries.push_back(
      {line.at(), line.count("tries"), line.count("of"), line.text("class"), line.text("message")});
}

void take_fetch_end(ReportSummary& summary, const Line& line) {
  UriSummary* uri = uri_of(summary, line);
  if (uri == nullptr) return;
  uri->state = line.flag("ok") ? UriSummary::State::kFetched : UriSummary::State::kFailed;
  uri->destination = line.text("destination");
  uri->source = line.text("source");
  uri->sha256 = line.text("sha256");
  uri->tree = line.text("tree");
  uri->bytes = line.count("bytes");
  uri->entries = line.count("entries");
  uri->tries = line.count("tries");
  uri->times = line.times();
  uri->failure = line.text("class");
  uri->code = line.text("code");
  uri->status = line.count("status");
  uri->message = line.text("message");
  uri->remedy = line.text("remedy");
  uri->excerpt = line.text("excerpt");
  const bool began = uri->begin < line.at();
  uri->end = line.at();
  if (!began) uri->begin = std::max(Microseconds(0), uri->end - all_of(uri->times));
}

void take_exit(ReportSummary& summary, const Line& line) {
  summary.exit = ExitSummary{line.at(),           line.number("code"),   line.number("signal"),
                             line.real("user_s"), line.real("system_s"), line.count("max_rss_kib")};
}

void take_plan(ReportSummary& summary, const Line& line) {
  summary.version = line.text("version");
  summary.time = line.text("time");
  summary.executor = line.text("executor");
  summary.user = line.text("user");
  summary.sandbox = line.text("sandbox");
}

struct EventRow {
  std::string_view name;
  void (*take)(ReportSummary& summary, const Line& line);
};
// The task may have written any number of them.
void warn(ReportSummary& summary, std::string text) {
  if (summary.warnings.size() < kMostWarnings) summary.warnings.push_back(std::move(text));
}

constexpr EventRow kEvents[] = {
    {"plan", &take_plan},
    {"fetch-start", &take_fetch_start},
    {"fetch-progress", &take_progress},
    {"fetch-retry", &take_retry},
    {"fetch-end", &take_fetch_end},
    {"warning",
     [](ReportSummary& summary, const Line& line) { warn(summary, line.text("message")); }},
    {"no-landlock",
     [](ReportSummary& summary, const Line&) {
       warn(summary, cat(sandbox::kNoLandlock, ": the fetch stage ran without"));
     }},
    {"placed", [](ReportSummary& summary, const Line& line) { summary.placed = line.at(); }},
    {"mount",
     [](ReportSummary& summary, const Line& line) {
       summary.mount = MountSummary{line.at(), line.microseconds("duration_us"),
                                    line.count("volumes"), line.count("overlays")};
     }},
    {"exec",
     [](ReportSummary& summary, const Line& line) {
       summary.exec = ExecSummary{line.at(), line.text("file"), line.text("argv0")};
     }},
    {"exit", &take_exit},
    {"failed",
     [](ReportSummary& summary, const Line& line) {
       summary.failed = FailureSummary{line.at(),           line.text("stage"),
                                       line.text("code"),   line.text("message"),
                                       line.text("remedy"), line.count("status")};
     }},
};

void take(ReportSummary& summary, std::string_view text) {
  const auto document = sandbox::parse_json(text);
  if (!document || document->root.kind != JsonKind::kObject) {
    ++summary.unread_lines;
    return;
  }
  const Line line(document->root);
  if (line.number("v") != 1) return;
  summary.is_report = true;
  const std::string event = line.text("event");
  for (const EventRow& row : kEvents) {
    if (row.name == event) return row.take(summary, line);
  }
}

}  // namespace

Microseconds ReportSummary::end() const {
  Microseconds last{0};
  for (const auto& [index, uri] : uris) last = std::max(last, uri.end);
  if (placed) last = std::max(last, *placed);
  if (mount) last = std::max(last, mount->end);
  if (exec) last = std::max(last, exec->at);
  return failed ? std::max(last, failed->at) : last;
}

ReportSummary summarize(std::string_view text) {
  ReportSummary summary;
  // What comes after the last newline is a line that is being written, or was cut.
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos;
       text.remove_prefix(end + 1)) {
    take(summary, text.substr(0, end));
  }
  return summary;
}

}  // namespace slipway::launcher
