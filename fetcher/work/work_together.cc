#include "fetcher/work/work_together.h"

#include <thread>
#include <vector>

#include "fetcher/base/start_thread.h"

namespace slipway::fetcher {

void work_together(std::size_t threads, const std::function<void()>& work) {
  std::vector<std::thread> others;
  while (others.size() + 1 < threads) {
    others.push_back(start_thread([&work] { work(); }));
    if (!others.back().joinable()) {
      others.pop_back();
      break;
    }
  }
  work();
  for (std::thread& each : others) each.join();
}

}  // namespace slipway::fetcher
