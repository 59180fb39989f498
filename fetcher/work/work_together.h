// Several threads at one work.
#pragma once

#include <cstddef>
#include <functional>

namespace slipway::fetcher {

// Runs `work` in as many threads, this one among them, and returns when it has ended in all. Where
// the system has no more threads, in fewer.
void work_together(std::size_t threads, const std::function<void()>& work);

}  // namespace slipway::fetcher
