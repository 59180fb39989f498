// Whether two directory trees are the same, without keeping either in memory.
#pragma once

#include <cstdint>
#include <string>

namespace slipway::bench {

struct Fingerprint {
  std::uint64_t files = 0;
  std::uint64_t directories = 0;
  std::uint64_t links = 0;  // symbolic ones
  std::uint64_t bytes = 0;  // sum of the files' sizes
  // The sum of a hash of every path, its kind, and a link's target or a file's content.
  std::uint64_t sum = 0;

  bool operator==(const Fingerprint&) const = default;
};

// Of what is below `root`, the entry `ignored` of its own and hidden ones left out.
Fingerprint fingerprint_of(const std::string& root, const std::string& ignored);

// "59000 files, 6000 directories, 900 links, 766000000 bytes, sum 1234"
std::string describe(const Fingerprint& print);

}  // namespace slipway::bench
