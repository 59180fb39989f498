// The places where archives hold names.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace slipway::tests {

using Names = std::vector<std::string>;

// Makes an archive whose members, files that hold "x", have these names. What stands in the place
// that a better one overrides is "innocent".
struct NameCarrier {
  const char* title;
  const char* file;
  std::string (*pack)(const Names& names);
  std::size_t longest;  // name that it can hold
};

std::span<const NameCarrier> name_carriers();

// One member whose name is divided at its last '/': POSIX joins the prefix and the name by one.
std::string in_ustar_prefix(const std::string& name);

}  // namespace slipway::tests
