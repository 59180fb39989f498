// Threads, where the system may refuse one more (pthread_create(3), EAGAIN): std::thread throws
// then.
#pragma once

#include <system_error>
#include <thread>
#include <utility>

namespace slipway::fetcher {

// A thread that is not joinable where there is none to be had.
template <class Run>
std::thread start_thread(Run run) {
  try {
    return std::thread(std::move(run));
  } catch (const std::system_error&) {
    return {};
  }
}

}  // namespace slipway::fetcher
