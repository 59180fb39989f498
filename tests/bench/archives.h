// The archives that are unpacked, made when they are first asked for.
#pragma once

#include <string>

namespace slipway::bench {

// What is in it.
enum class Sample {
  kSmall,  // about 59 000 files
  kPart,   // a quarter of them, for what takes long to pack and to unpack
  kBig,    // about 22 files, 1 GiB
};

// How it is packed.
enum class Packing { kTar, kGzip, kBzip2, kXzOneBlock, kXzBlocks, kZstd, kZip };

class Archives {
 public:
  // In `directory`, an existing one; what is there already is used. `scale` is the part of the
  // files that is taken.
  Archives(std::string directory, double scale);

  // The path of the archive. Throws where it cannot be made.
  [[nodiscard]] std::string path(Sample sample, Packing packing) const;

 private:
  [[nodiscard]] std::string list(Sample sample, const std::string& stem) const;

  std::string directory_;
  double scale_;
};

}  // namespace slipway::bench
