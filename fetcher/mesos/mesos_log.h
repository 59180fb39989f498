// What is told of a fetch that a Mesos agent has ordered: lines on standard error, which is the
// sandbox's stderr, with the words that people and tools look for in mesos-fetcher's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fetcher/plan/fetch_plan.h"
#include "fetcher/transfer/event_sink.h"

namespace slipway::fetcher {

// "Failed to fetch 'URI': WHY", of a URI as it may be shown.
std::string mesos_failure(std::string_view uri, std::string_view why);

class MesosLog final : public EventSink {
 public:
  // `plan` is borrowed.
  MesosLog(const FetchPlan& plan, std::string sandbox)
      : plan_(plan), sandbox_(std::move(sandbox)), fetched_(plan.steps.size()) {}

  // At most two lines for a URI, one more for each retry. What was fetched is told when it stands
  // in the sandbox.
  void tell(const FetchEvent& event) override;

 private:
  struct Say;
  [[nodiscard]] std::string fetched_line(const FetchedEvent& event) const;

  const FetchPlan& plan_;
  std::string sandbox_;
  std::vector<std::optional<FetchedEvent>> fetched_;
};

}  // namespace slipway::fetcher
