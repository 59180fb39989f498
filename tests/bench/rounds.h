// The same for everybody, in turn.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "tests/bench/contender.h"
#include "tests/bench/timed_run.h"

namespace slipway::bench {

// What is done around each run, and not measured. May throw.
struct Around {
  std::function<void(const Contender&)> before = [](const Contender&) {};
  std::function<void(const Contender&)> after = [](const Contender&) {};
};

// Every round runs all contenders once, one after the other, so that what disturbs the machine
// disturbs all of them; in each another one is the first, and nobody always follows the same one.
// The first `warm_up` rounds do not count. Gives the costs of `rounds` rounds for every contender,
// in their order.
std::vector<std::vector<Cost>> run_rounds(const std::vector<Contender>& contenders,
                                          std::size_t warm_up, std::size_t rounds,
                                          const Around& around = {});

}  // namespace slipway::bench
