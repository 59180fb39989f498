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
  void expect_result(const Fault& fault, const Injected& injected);
  void expect_words(const Fault& fault, const Injected& injected);
  void expect_confined(const Fault& fault, const std::string& report);
  // What is in the sandbox is whole, with its rights, and nothing else is there.
  void expect_whole_files();
  void expect_whole_directories();
  // What a launch that failed has removed itself, not only the next one.
  void expect_nothing_left(const Fault& fault, const RunResult& result);
  void expect_good_afterwards();
  [[nodiscard]] bool has_word(std::string_view word) const;
  // Where slipway is still there when the executor is.
  [[nodiscard]] bool is_supervised() const { return has_word("--supervise"); }
  [[nodiscard]] bool has_overlays() const { return has_word(kOverlay); }
  // The number of the process that becomes the executor.
  [[nodiscard]] int launcher() const { return is_supervised() ? 2 : 1; }
  // Whether a launch of this scenario may be refused where a kernel or filter takes that call away.
  [[nodiscard]] bool may_need(const Fault& fault) const;
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
