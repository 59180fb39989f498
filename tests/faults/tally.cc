#include "tests/faults/tally.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <utility>

#include "tests/faults/scenario.h"

namespace slipway::tests {

namespace {

std::string row(const std::string& name, int possible, int injected, int hit, int survived,
                int failed) {
  std::array<char, 128> line{};
  std::snprintf(line.data(), line.size(), "%-28s %9d %9d %9d %9d %9d\n", name.c_str(), possible,
                injected, hit, survived, failed);
  return line.data();
}

}  // namespace

Tallies::Tallies(std::vector<std::string> names) : names_(std::move(names)) {
  void* shared = ::mmap(nullptr, names_.size() * sizeof(Tally), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) std::abort();
  tallies_ = {new (shared) Tally[names_.size()](), names_.size()};
}

Tally& Tallies::of(const std::string& name) {
  return tallies_[static_cast<std::size_t>(std::ranges::find(names_, name) - names_.begin())];
}

std::string Tallies::table() const {
  std::string text =
      "scenario                      possible  injected       hit survived    failed\n";
  std::array<int, 5> sums{};
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const Tally& each = tallies_[i];
    if (each.possible == 0) continue;
    text += row(names_[i], each.possible, each.injected, each.hit, each.survived, each.failed);
    sums[0] += each.possible;
    sums[1] += each.injected;
    sums[2] += each.hit;
    sums[3] += each.survived;
    sums[4] += each.failed;
  }
  return text + row("all", sums[0], sums[1], sums[2], sums[3], sums[4]);
}

std::vector<std::string> Tallies::missed() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const Tally& each = tallies_[i];
    if (each.hit == 0 || each.hit * 10 < each.injected * 9) names.push_back(names_[i]);
  }
  return names;
}

Tallies& the_tallies() {
  static Tallies tallies(scenario_names());
  return tallies;
}

}  // namespace slipway::tests
