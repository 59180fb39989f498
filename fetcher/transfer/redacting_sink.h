// The one way that events leave by: one at a time, and without what may not be shown.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "fetcher/plan/fetch_plan.h"
#include "fetcher/transfer/event_sink.h"

namespace slipway::fetcher {

// A file name may come from a URI's query, and a query may hold a secret: where the name that is
// shown differs from the real one, no message leaves with the real one in it; one of fewer than 8
// bytes is found only as a whole component of a path, or between quotes, where messages have names.
// Several threads may tell.
class RedactingSink final : public EventSink {
 public:
  RedactingSink(const FetchPlan& plan, EventSink& inner);
  void tell(const FetchEvent& event) override;

 private:
  void hide(const std::string& name, const std::string& shown);
  void redact(std::string& message) const;

  EventSink& inner_;
  std::mutex mutex_;
  std::map<std::string, std::string, std::greater<>> shown_;  // a name before its beginnings
};

}  // namespace slipway::fetcher
