// The targets of targets.txt as functions: the build writes the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace slipway::fuzz {

struct Target {
  std::string_view name;
  int (*read)(const std::uint8_t* data, std::size_t size);
};

std::vector<Target> targets();

}  // namespace slipway::fuzz
