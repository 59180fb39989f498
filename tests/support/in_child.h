// For whatever changes a process for good: ids, signals, namespaces, confinement.
#pragma once

#include <functional>

namespace slipway::tests {

// Runs `body` in a child process; expectations that fail there fail the test that called. A child
// that takes longer than five minutes is ended, which fails the test too.
void in_child(const std::function<void()>& body);

}  // namespace slipway::tests
