#include "tests/unit/bench/sample_result.h"

namespace slipway::bench {

SuiteResult sample_result() {
  CaseResult one;
  one.title = "1 RO bind";
  one.rounds = 7;
  one.wall_ms = 1.25;
  one.cpu_ms = 1.125;
  one.faults = 180;
  one.peak_mib = 33.5;
  one.most_mib = 32;
  one.peers = {{"bwrap", 2.5, {0.25, 0.375, 0.5, 0.625, 0.75}, 0.6},
               {"a | b", 1, {1, 1.125, 1.25, 1.5, 2}, 1.1}};
  return {"launch",
          "2026-11-26",
          "./dev bench launch 7",
          7,
          0.03125,
          {"a <quick> CPU", 2, 4096, "6.1", "Debian", "tmpfs"},
          {{"slipway", "0.1.0"}, {"bwrap", "0.8.0"}},
          {one}};
}

}  // namespace slipway::bench
