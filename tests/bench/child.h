// Work in a process of its own: who we are, our mounts and our size stay as they are.
#pragma once

#include <functional>

namespace slipway::bench {

// True where `work` came to its end; an exception's text goes to standard error. Signals that end a
// program (SIGINT, SIGTERM, SIGHUP) are passed on to the child, and we stay to clean up behind it.
bool in_child(const std::function<void()>& work);

}  // namespace slipway::bench
