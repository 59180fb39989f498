// Events on the pipe to the launcher.
#pragma once

#include "fetcher/transfer/event_sink.h"

namespace slipway::fetcher {

// A line for each event on standard output. Where nobody reads it any more slipway is dead, and
// this process ends.
class PipeSink final : public EventSink {
 public:
  void tell(const FetchEvent& event) override;
};

}  // namespace slipway::fetcher
