// The trees that warm starts are measured with: archives of them, and the trees themselves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/archives.h"

namespace slipway::bench {

// A tree made for the purpose: so many files of so many bytes each, a hundred in a directory.
struct MadeTree {
  std::string title;  // "10000 files of 1 KiB"
  std::uint64_t files = 0;
  std::uint64_t bytes_each = 0;
};

// One that has so many files, and one of 16 files that together have so many bytes.
MadeTree tree_of_files(std::uint64_t files);
MadeTree tree_of_bytes(std::uint64_t bytes);

// What the file system needs for it at most.
std::uint64_t room_for(const MadeTree& tree);

struct Tree {
  std::string title;
  std::string archive;  // its path
  std::string source;   // a directory with what is in the archive, and nothing else
  std::uint64_t bytes = 0;
};

// Writes the tree into the new directory `source`, and the archive (a plain tar) into `archives`
// unless it is there. Throws, as the next one.
Tree make_tree(const MadeTree& made, const std::string& archives, const std::string& source);

// The same with the archive "small tar.gz" of a machine's /usr; `scale` is the part of its files.
Tree unpack_usual_tree(double scale, const std::string& archives, const std::string& source);
std::string usual_title(double scale);

}  // namespace slipway::bench
