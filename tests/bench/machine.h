// What was measured on, and with what.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/results.h"

namespace slipway::bench {

// This machine. `file_system`: what the suite works on.
Machine this_machine(const std::string& file_system);

// The file system of a path that exists: "ext4", or its number where it has no name here.
std::string file_system_of(const std::string& path);

// The part of all CPUs' time that is used while we wait for so long, 0 to 1.
double busy_part(std::chrono::milliseconds how_long);

// CPU time since the start, in ticks.
struct CpuTicks {
  std::uint64_t idle = 0;
  std::uint64_t all = 0;
};
// Of the text of /proc/stat (proc(5)). Pure.
CpuTicks ticks_in(const std::string& stat);

struct VersionQuestion {
  std::string name;
  std::vector<std::string> argv;  // prints the version in a line of its output or its errors
  std::size_t line = 0;
};

// "unknown" for what does not say it.
std::vector<Program> versions_of(const std::vector<VersionQuestion>& questions);

// The first thing in a text that looks like a version: "1.22.1" of "nginx version: nginx/1.22.1";
// "" where there is none. Pure.
std::string version_in(std::string_view text);

// The value behind `name` and `mark` in lines of "name<mark>value", without quotes and blanks
// around it; "" where there is none. Pure.
std::string value_of(std::string_view lines, std::string_view name, char mark);

}  // namespace slipway::bench
