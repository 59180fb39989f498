#include "fetcher/mesos/mesos_log.h"

#include "sandbox/base/error.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::fetcher {

namespace {

std::string_view way_of(const FetchStep& step) {
  if (step.agent_cache_file.empty()) return "directly into the sandbox directory";
  return step.decision == CacheDecision::kUse ? "from the agent's cache"
                                              : "through the agent's cache";
}

}  // namespace

std::string mesos_failure(std::string_view uri, std::string_view why) {
  return cat("Failed to fetch ", quote(uri), ": ", why);
}

struct MesosLog::Say {
  MesosLog& log;

  [[nodiscard]] const FetchStep& step(std::size_t uri) const { return log.plan_.steps[uri]; }
  [[nodiscard]] std::string name(std::size_t uri) const { return step(uri).uri.redacted(); }

  void operator()(const StartedEvent& event) const {
    log::info(cat("Fetching URI ", quote(name(event.uri)), ' ', way_of(step(event.uri))));
  }
  void operator()(const ProgressEvent&) const {}
  void operator()(const RetryEvent& event) const {
    log::warning(coded(cat("Fetching URI ", quote(name(event.uri)), ": ", text_of(event)),
                       MessageCode::kWarnFetchRetry));
  }
  void operator()(const FetchedEvent& event) const { log.fetched_[event.uri] = event; }
  void operator()(const FailedEvent& event) const {
    log::error(mesos_failure(name(event.uri), text_of(event)));
    if (!event.excerpt.empty())
      log::error(coded(cat("the server said: ", quote(event.excerpt)), event.code));
  }
  void operator()(const WarningEvent& event) const {
    log::warning(coded(event.message, MessageCode::kWarnFetch));
  }
  void operator()(const PlacedEvent&) const {
    for (const auto& each : log.fetched_) {
      if (each) log::info(log.fetched_line(*each));
    }
    log::info(cat("Successfully fetched all URIs into ", quote(log.sandbox_)));
  }
  void operator()(const StageFailedEvent& event) const {
    log::error(coded(with_remedy(event.message, event.remedy), event.code));
  }
};

std::string MesosLog::fetched_line(const FetchedEvent& event) const {
  const FetchStep& step = plan_.steps[event.uri];
  const std::string size = cat(" (", rough_size(event.bytes), ", ", name_of(event.source));
  if (!step.extract) {
    return cat("Fetched ", quote(step.uri.redacted()), " to ",
               quote(cat(sandbox_, '/', step.shown_destination)), size, ')');
  }
  return cat("Fetched ", quote(step.uri.redacted()), " to ", quote(sandbox_), size, ", extracted ",
             event.entries, event.entries == 1 ? " entry)" : " entries)");
}

void MesosLog::tell(const FetchEvent& event) {
  std::visit(Say{*this}, event);
}

}  // namespace slipway::fetcher
