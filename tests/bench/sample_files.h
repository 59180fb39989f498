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

// Whole directories in the order of their names, with their symbolic links, until there are
// `files` regular files or there is no more. Very large files are left out.
SampleFiles small_files(std::size_t files);

// The `files` largest regular files that are at most 1/22 GiB: 22 of them are 1 GiB.
SampleFiles big_files(std::size_t files);

}  // namespace slipway::bench
