// One of those that are compared.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace slipway::bench {

struct Contender {
  std::string name;
  std::vector<std::string> argv;
  std::optional<double> goal;  // slipway's time is at most this part of the contender's
};

}  // namespace slipway::bench
