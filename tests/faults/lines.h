// The lines of a text.
#pragma once

#include <algorithm>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tests {

// Those that start so.
inline std::vector<std::string> lines_with(const std::string& text, std::string_view start) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(start)) found.push_back(line);
  }
  return found;
}

// In an order that does not depend on threads, and with '#' for every number: times differ.
inline std::vector<std::string> sorted_lines(const std::string& text) {
  static const std::regex number("[0-9]+");
  auto lines = lines_with(std::regex_replace(text, number, "#"), "");
  std::ranges::sort(lines);
  return lines;
}

}  // namespace slipway::tests
