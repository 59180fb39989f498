// What one URI has cost so far, and what is told of it on the way.
#pragma once

#include <chrono>
#include <string>

#include "fetcher/plan/retry.h"
#include "fetcher/transfer/event_sink.h"
#include "fetcher/transfer/transport.h"

namespace slipway::fetcher {

enum class ProgressEvents { kNo, kYes };

class UriAccount {
 public:
  // `events` is borrowed.
  UriAccount(EventSink& events, std::size_t uri, ProgressEvents progress)
      : events_(events), uri_(uri), progress_(progress) {}

  void started() { events_.tell(StartedEvent{uri_}); }
  // What went wrong without failing the URI.
  void warn(std::string message) { events_.tell(WarningEvent{std::move(message)}); }
  // The last of so many tries of a download, `of` at most, has failed; the next comes after
  // `pause`.
  void retry(const TransferFailure& failed, unsigned made, unsigned of,
             std::chrono::milliseconds pause);
  // `bytes` of it are here. Told at most ten times a second.
  void progress(std::uint64_t bytes, std::optional<std::uint64_t> total);

  void fetched(FetchedEvent event);
  void failed(const TransferFailure& failure);

  unsigned tries = 0;  // requests to the network, with those that only ask about a cached copy
  PhaseTimes times;

 private:
  EventSink& events_;
  std::size_t uri_;
  ProgressEvents progress_;
  std::chrono::steady_clock::time_point last_progress_;
};

// Adds the time until its end to a phase.
class PhaseTimer {
 public:
  explicit PhaseTimer(std::chrono::microseconds& phase) : phase_(phase) {}
  PhaseTimer(const PhaseTimer&) = delete;
  PhaseTimer& operator=(const PhaseTimer&) = delete;
  ~PhaseTimer() {
    phase_ += std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - start_);
  }

 private:
  std::chrono::microseconds& phase_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace slipway::fetcher
