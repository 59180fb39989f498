// MESOS_FETCHER_INFO, as the drop-in reads it and plans by it, and as `slipway plan` does.
#include <algorithm>
#include <cstdint>

#include "fetcher/mesos/mesos_fetcher_info.h"
#include "fetcher/mesos/mesos_plan.h"
#include "launcher/entry/entry_json.h"
#include "launcher/entry/fetcher_info_entry.h"
#include "sandbox/json.h"
#include "sandbox/private_dir.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

void hold_plan(const fetcher::MesosPlan& plan, const fetcher::MesosFetcherInfo& info) {
  hold(plan.fetch.steps.size() == info.items.size(), "each item has a step");
  hold(plan.requests.size() == info.items.size(), "each item has a request");
  hold(plan.fetch.transfers.limits.stall.count() >= 1, "a stalled transfer is given up one day");
  for (const auto& step : plan.fetch.steps) {
    hold_inside(step.destination.str());
    hold(!sandbox::is_private(step.destination), "nothing is put into slipway's own place");
    hold(!step.uri.is_relative(), "where a file comes from is known");
    const std::string& cached = step.agent_cache_file;
    hold(cached.find('/') == std::string::npos && cached != "." && cached != "..",
         "the agent's cache has files and no directories");
  }
}

void hold_quoted(std::string_view text) {
  const auto quoted = launcher::find_fetcher_info(text);
  if (!quoted) return;
  hold(quoted->start <= text.size(), "what is quoted stands in the text");
  if (!quoted->verbatim) return;
  hold(text.substr(quoted->start, quoted->json.size()) == quoted->json, "as it stands there");
}

void read(std::string_view text) {
  const TimeBound bound(text.size());
  hold_quoted(text);
  const auto info = fetcher::parse_fetcher_info(text);
  if (!info) {
    hold(!info.error().empty(), "an order that is refused has a problem");
    for (const auto& each : info.error()) hold(each.offset <= text.size(), "it has a place");
    hold(std::ranges::is_sorted(info.error(), {}, &fetcher::FetcherInfoProblem::offset),
         "problems come in the order of the text");
    return;
  }
  hold(!info->sandbox_directory.empty(), "there is a sandbox to fetch into");
  for (const auto& item : info->items) {
    hold(item.offset < text.size(), "an item stands in the text");
    hold(item.uri.find('\0') == std::string::npos, "a URI is not cut");
  }
  const auto plan = fetcher::plan_mesos_fetch(*info, {});
  if (plan) {
    hold_plan(*plan, *info);
  } else {
    for (const auto& each : plan.error()) hold_one_line(each.what, "a problem is one line");
  }
  const auto document = sandbox::parse_json(text);
  if (!document || !launcher::is_fetcher_info(document->root)) return;
  const auto parsed = launcher::parse_entries(text);
  if (!parsed.problems.empty()) return;
  hold(parsed.entries.size() == 1 && parsed.entries[0].uris.size() == info->items.size(),
       "slipway plan shows what would be fetched");
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(slipway::fuzz::text_of(data, size));
  return 0;
}
