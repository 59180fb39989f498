// What slipway's programs write for each other or for later: JSON, in places that the task's user
// can write to. The first byte says which it is read as. Read, written and read it is the same.
#include <cstdint>

#include "fetcher/cache/cache_entry.h"
#include "fetcher/cache/cache_fill.h"
#include "fetcher/cache/tree_record.h"
#include "fetcher/plan/fetch_event.h"
#include "fetcher/work/overlays.h"
#include "fetcher/work/work_order.h"
#include "launcher/report/report_event.h"
#include "launcher/report/report_summary.h"
#include "sandbox/private_dir.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

// `read` gives a Result, `write` a text.
template <class Read, class Write>
auto hold_same(std::string_view text, const Read& read, const Write& write) {
  auto first = read(text);
  if (!first) {
    hold_one_line(first.error().message(), "an error is one line");
    return first;
  }
  const std::string once = write(*first);
  const auto again = read(std::string_view(once));
  hold(again.has_value(), "what is written can be read");
  hold(write(*again) == once, "read, written and read it is the same");
  return first;
}

void read_cache_entry(std::string_view text) {
  const auto entry = hold_same(text, &fetcher::parse_cache_entry,
                               [](const auto& value) { return fetcher::to_json(value); });
  if (!entry) return;
  hold(fetcher::is_sha256_name(entry->sha256), "an object's name is no path");
  hold(!entry->mode || *entry->mode <= 0777, "no mode has a bit that gives rights");
}

void read_tree_record(std::string_view text) {
  const auto record = hold_same(text, &fetcher::parse_tree_record,
                                [](const auto& value) { return fetcher::to_json(value); });
  if (!record) return;
  for (const auto& each : record->directories) hold_inside(each.name);
}

void read_overlays(std::string_view text) {
  const auto overlays = hold_same(text, &fetcher::parse_overlays,
                                  [](const auto& value) { return fetcher::to_json(value); });
  if (!overlays) return;
  for (const auto& each : overlays->directories) {
    hold_inside(each.name);
    hold(each.name.find('/') == std::string::npos && each.name != sandbox::kPrivateDir, "a name");
    for (const auto& key : each.trees) hold(fetcher::is_sha256_name(key), "a key is a key");
    hold(fetcher::overlay_source(each, "@1:2").size() <= 255, "a source fits into its mount");
  }
}

void read_body_record(std::string_view text) {
  (void)hold_same(
      text, [](std::string_view json) { return fetcher::parse_body_record(json, "b"); },
      [](const auto& value) { return fetcher::to_json(value, "b"); });
}

void read_work_order(std::string_view text) {
  const auto order = hold_same(text, &fetcher::parse_work_order,
                               [](const auto& value) { return fetcher::to_json(value); });
  if (!order) return;
  for (const auto& step : order->plan.steps) hold_inside(step.destination.str());
}

void read_event(std::string_view text) {
  const auto event = hold_same(text, &fetcher::parse_event,
                               [](const auto& value) { return fetcher::to_json_line(value); });
  if (!event) return;
  if (const auto* failed = std::get_if<fetcher::FailedEvent>(&*event)) (void)text_of(*failed);
  if (const auto* retry = std::get_if<fetcher::RetryEvent>(&*event)) (void)text_of(*retry);
  // The process that says this has read hostile bytes.
  const std::string line = launcher::to_report_line(launcher::UriEvent{"u", "d", *event}, {});
  hold(launcher::summarize(line).unread_lines == 0, "what is told can be reported");
  hold(line.empty() || line.find('\n') == line.size() - 1, "a line of the report is one");
}

constexpr void (*kReaders[])(std::string_view) = {&read_cache_entry, &read_tree_record,
                                                  &read_overlays,    &read_body_record,
                                                  &read_work_order,  &read_event};

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway::fuzz;
  if (size == 0) return 0;
  const TimeBound bound(size);
  kReaders[(data[0] & 15) % std::size(kReaders)](text_of(data + 1, size - 1));
  return 0;
}
