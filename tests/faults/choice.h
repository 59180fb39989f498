// What people ask for on the command line of `./dev faults`.
#pragma once

#include <optional>
#include <string>

#include "tests/faults/fault.h"

namespace slipway::tests {

struct Choice {
  bool full = false;     // every fault; else every `stride`th, beginning where the seed says
  int stride = 0;        // 0: what is said in choice.cc
  unsigned seed = 0;     // printed, to be given again
  std::string scenario;  // all where empty
  std::optional<Fault> fault;
  int part = 0;  // of `parts` processes that share the faults
  int parts = 1;

  // Whether the fault with that number in its list is one of this process.
  [[nodiscard]] bool takes(std::size_t number) const;
  [[nodiscard]] bool takes_scenario(const std::string& name) const {
    return scenario.empty() || scenario == name;
  }
};

// Ends the program, with its usage, where the words are none.
Choice parse_choice(int argc, char** argv);
std::string text_of(const Choice& choice);

// For all of this process.
Choice& the_choice();

}  // namespace slipway::tests
