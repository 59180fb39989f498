// Where the events of the fetch stage go.
#pragma once

#include "fetcher/plan/fetch_event.h"

namespace slipway::fetcher {

// Is told each event as it happens.
class EventSink {
 public:
  EventSink() = default;
  EventSink(const EventSink&) = delete;
  EventSink& operator=(const EventSink&) = delete;
  virtual ~EventSink() = default;
  virtual void tell(const FetchEvent& event) = 0;
};

}  // namespace slipway::fetcher
