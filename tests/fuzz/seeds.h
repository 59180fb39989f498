// What fuzzing starts from, and what the unit test replays: the tests' own data, sorted by the
// target that reads it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace slipway::fuzz {

struct Seed {
  std::string target;
  std::string bytes;
};

// Of one target. `root` is the source tree: examples and mistakes are files of it.
std::vector<std::string> seeds_of(const std::string& target, const std::filesystem::path& root);

// In libFuzzer's format: the words that a target's texts are made of; empty where nothing but the
// seeds says.
std::string dictionary(const std::string& target);

}  // namespace slipway::fuzz
