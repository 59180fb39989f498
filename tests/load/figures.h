// What the runs came to, as a table for people. Speeds are told, never judged: the machine decides.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace slipway::tests {

// One launch.
struct Sample {
  std::chrono::microseconds time{};
  // Of resident memory, of slipway and all that it waited for; never less than what this process
  // held when it forked, which the kernel does not forget when the child calls execve(2).
  std::uint64_t peak_bytes = 0;
};

class Figures {
 public:
  // `took` from the first launch to the last. `note`: what else is worth knowing.
  void add(const std::string& part, const std::vector<Sample>& samples,
           std::chrono::microseconds took, const std::string& note = "");
  // A heading and a line for each part; "" where there was none.
  [[nodiscard]] std::string table() const;

 private:
  struct Row {
    std::string part;
    std::size_t launches;
    double per_second;
    double median_ms;
    double p99_ms;
    std::string peak_mib;
    std::string note;
  };
  std::vector<Row> rows_;
};

// Of this run; printed at its end.
Figures& figures();

double mebibytes(std::uint64_t bytes);

}  // namespace slipway::tests
