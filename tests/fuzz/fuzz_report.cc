// A report, to which the task can write: there is a summary, with numbers in bounds, and a picture
// that no terminal obeys.
#include <cstdint>

#include "launcher/base/columns.h"
#include "launcher/report/report_summary.h"
#include "launcher/report/waterfall.h"
#include "sandbox/json.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

using launcher::Glyphs;
using launcher::Microseconds;
using launcher::ReportSummary;

constexpr Microseconds kLongest = std::chrono::hours(10'000);

void hold_bounds(const ReportSummary& summary) {
  for (const auto& [index, uri] : summary.uris) {
    hold(uri.begin >= Microseconds(0) && uri.begin <= uri.end && uri.end <= kLongest,
         "a fetch begins before it ends");
    hold(uri.retries.size() <= 100, "there are so many retries and no more");
  }
  hold(summary.warnings.size() <= 1000, "there are so many warnings and no more");
  hold(summary.end() >= Microseconds(0) && summary.end() <= kLongest, "a launch ends");
}

void hold_picture(const ReportSummary& summary, std::size_t columns, Glyphs glyphs) {
  const std::string picture = launcher::waterfall(summary, {columns, glyphs});
  hold_lines(picture, "a picture is obeyed by no terminal");
  hold(picture.empty() || picture.ends_with('\n'), "a picture ends its last line");
}

void read(std::string_view text) {
  const TimeBound bound(text.size());
  const auto summary = launcher::summarize(text);
  hold_bounds(summary);
  const std::string json = launcher::to_json(summary);
  hold(sandbox::parse_json(json, json.size()).has_value(), "for programs it is JSON");
  hold(json.find('\n') == std::string::npos, "on one line");
  hold_picture(summary, 80, Glyphs::kUtf8);
  hold_picture(summary, text.size() % 200, Glyphs::kAscii);
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(slipway::fuzz::text_of(data, size));
  return 0;
}
