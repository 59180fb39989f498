// Results that the tests show and keep.
#pragma once

#include "tests/bench/results.h"

namespace slipway::bench {

// Of the suite "launch", with one case and two peers: "bwrap" is beaten, "a | b" is not.
SuiteResult sample_result();

}  // namespace slipway::bench
