// Collects what a benchmark's processes measure, and leaves it for people.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "sandbox/base/fd.h"
#include "tests/bench/invocation.h"
#include "tests/bench/results.h"

namespace slipway::bench {

class Record {
 public:
  // Made before the processes that add to it, and before anything that loads the machine: for so
  // long it looks what others do there.
  explicit Record(std::chrono::milliseconds look = std::chrono::seconds(2));

  // Of this process or a child, whoever that has become. Throws.
  void add(const CaseResult& result) const;

  // Writes SUITE.json, SUITE.md and SUITE.svg into the directory of the results; where only some
  // cases were wanted, or another slipway was beside, SUITE.part.json and so on: they are not to be
  // taken for the whole. Nothing where no directory was given. Throws, also where there is no case.
  void write(const std::string& suite, const Invocation& invocation, const Machine& machine,
             const std::vector<Program>& programs) const;

 private:
  [[nodiscard]] std::vector<CaseResult> cases() const;

  Fd lines_;  // one case a line, in memory
  double busy_before_ = 0;
};

// In one piece, by rename. Throws.
void write_file(const std::string& path, const std::string& content);

}  // namespace slipway::bench
