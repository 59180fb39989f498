// What the archives hold: files of this machine's own /usr, where everybody has some.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace slipway::bench {

inline constexpr const char* kSampleRoot = "/usr";

// Names relative to kSampleRoot, each directory before what is in it.
struct SampleFiles {
  std::vector<std::string> names;
  std::size_t files = 0;    // how many of the names are regular files
  std::uint64_t bytes = 0;  // the sum of their sizes
};

// Whole directories in the order of their names, with their symbolic links, until there are 59 000
// regular files or there is no more; of these about the `part`. Very large files are left out.
SampleFiles small_files(double part);

// The largest regular files that are at most 1/22 GiB: the `part` of 22, which are 1 GiB.
SampleFiles big_files(double part);

}  // namespace slipway::bench
