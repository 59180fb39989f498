// What a benchmark came to, as it is kept and shown. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway::bench {

// How values lie; of one value, all are that one.
struct Spread {
  double lowest = 0;
  double lower_quartile = 0;
  double median = 0;
  double upper_quartile = 0;
  double highest = 0;
};

struct PeerResult {
  std::string name;
  double wall_ms = 0;  // the median
  // Slipway's wall time to the peer's, round by round: what disturbed a round disturbed both.
  Spread ratio;
  std::optional<double> goal;  // the ratio's median is at most this
};

struct CaseResult {
  std::string title;
  std::uint64_t rounds = 0;
  // Of slipway: medians, and the most memory of any round.
  double wall_ms = 0;
  double cpu_ms = 0;
  double faults = 0;
  double peak_mib = 0;
  std::optional<double> most_mib;  // the most that it may be
  std::vector<PeerResult> peers;
};

struct Machine {
  std::string cpu;
  std::uint64_t cores = 0;
  std::uint64_t memory_mib = 0;
  std::string kernel;
  std::string system;       // the distribution
  std::string file_system;  // what the work was done on
};

struct Program {
  std::string name;
  std::string version;
};

struct SuiteResult {
  std::string suite;    // "launch"
  std::string date;     // "2026-11-26"
  std::string command;  // "./dev bench launch 100"
  std::uint64_t rounds = 0;
  // The part of all CPUs that others used just before it: near 0 where the machine was left alone.
  double busy_before = 0;
  Machine machine;
  std::vector<Program> programs;
  std::vector<CaseResult> cases;
};

}  // namespace slipway::bench
