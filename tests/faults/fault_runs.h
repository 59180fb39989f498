// Launches of one scenario, each with something that goes wrong, and what must hold after each.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/cli/slipway.h"
#include "tests/faults/fault.h"
#include "tests/faults/fault_table.h"
#include "tests/faults/scenario.h"

namespace slipway::tests {

class FaultRuns : public SlipwayTest {
 public:
  FaultRuns(const Scenario& scenario, const Origins& origins);
  ~FaultRuns() override;
  void TestBody() override;

 private:
  struct Injected {
    RunResult result;
    std::string report;  // of inject
  };

  // As before the first launch, or for a warm cache the second.
  void begin_anew();
  Injected inject(const std::string& fault);
  RunResult run_again();
  std::vector<Fault> possible_faults();
  void try_fault(const Fault& fault);

  // What the executor says of itself, in front of the rest: as it is where nothing goes wrong.
  void learn_identity();
  void expect_result(const Fault& fault, const RunResult& result);
  void expect_words(const Fault& fault, const std::string& err);
  // What is in the sandbox is whole, with its rights, and nothing else is there.
  void expect_whole_files();
  // What a launch that failed has removed itself, not only the next one.
  void expect_nothing_left(const Fault& fault, const RunResult& result);
  void expect_good_afterwards();
  [[nodiscard]] bool is_supervised() const;
  // Whether a launch of this scenario is refused where a kernel or filter lacks that call.
  [[nodiscard]] bool may_need(std::string_view call) const;
  [[nodiscard]] std::set<std::string> own_names() const;
  [[nodiscard]] std::set<std::string> cached_names() const;
  [[nodiscard]] std::vector<std::string> launch_words() const;
  // Of what faults are injected into, as whoever starts it types it.
  std::vector<std::string> whole_command();

  const Scenario& scenario_;
  std::string volume_;
  Expected expected_;
  std::string entry_;  // the file
  // After a launch in which nothing went wrong: what is in .slipway, and in the cache.
  std::set<std::string> kept_names_;
  std::set<std::string> cached_names_;
  std::vector<std::string> told_;  // its lines, sorted
};

}  // namespace slipway::tests
