// How many faults there were: counted by several processes, shown by one.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace slipway::tests {

struct Tally {
  std::atomic<int> possible;  // faults that the run could have
  std::atomic<int> injected;  // runs with one
  std::atomic<int> hit;       // in which the call came
  std::atomic<int> survived;  // that went well all the same
  std::atomic<int> failed;    // that broke a promise
};

// One for each name, in memory that processes share which are forked later.
class Tallies {
 public:
  explicit Tallies(std::vector<std::string> names);
  Tally& of(const std::string& name);
  // A table for people.
  [[nodiscard]] std::string table() const;
  // The names of those in which more than one fault of ten did not come, or none at all: what was
  // traced before is not what was launched then.
  [[nodiscard]] std::vector<std::string> missed() const;

 private:
  std::vector<std::string> names_;
  std::span<Tally> tallies_;
};

// For all of this process.
Tallies& the_tallies();

}  // namespace slipway::tests
