#include "tests/bench/warm_trees.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "sandbox/base/text.h"
#include "sandbox/quantity.h"
#include "tests/bench/timed_run.h"
#include "tests/support/noise.h"

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kSmallFile = 1024;
constexpr std::uint64_t kFilesOfABigTree = 16;
constexpr std::uint64_t kFilesOfADirectory = 100;
constexpr std::size_t kPiece = std::size_t{1} << 20;

void write_file(const std::string& path, std::uint64_t number, std::uint64_t bytes,
                const std::string& piece) {
  std::ofstream out(path, std::ios::binary);
  const std::string first = cat(number, "\n");  // no two are the same
  out.write(first.data(),
            static_cast<std::streamsize>(std::min<std::uint64_t>(first.size(), bytes)));
  for (std::uint64_t done = std::min<std::uint64_t>(first.size(), bytes); done < bytes;) {
    const auto part = std::min<std::uint64_t>(bytes - done, piece.size());
    out.write(piece.data(), static_cast<std::streamsize>(part));
    done += part;
  }
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path);
}

std::uint64_t bytes_below(const std::string& directory) {
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file() && !entry.is_symlink()) bytes += entry.file_size();
  }
  return bytes;
}

}  // namespace

MadeTree tree_of_files(std::uint64_t files) {
  return {cat(files, " files of 1 KiB"), files, kSmallFile};
}

MadeTree tree_of_bytes(std::uint64_t bytes) {
  const std::uint64_t each = std::max<std::uint64_t>(bytes / kFilesOfABigTree, 1);
  return {cat(size_text(each * kFilesOfABigTree), " in ", kFilesOfABigTree, " files"),
          kFilesOfABigTree, each};
}

std::uint64_t room_for(const MadeTree& tree) {
  constexpr std::uint64_t kBlock = 4096;
  return tree.files * (tree.bytes_each + 2 * kBlock);  // the last block, and the inode
}

Tree make_tree(const MadeTree& made, const std::string& archives, const std::string& source) {
  const std::string piece = tests::noise(kPiece);
  for (std::uint64_t i = 0; i < made.files; ++i) {
    const std::string directory = cat(source, "/tree/", i / kFilesOfADirectory);
    if (i % kFilesOfADirectory == 0) fs::create_directories(directory);
    write_file(cat(directory, "/", i), i, made.bytes_each, piece);
  }
  std::string archive = cat(archives, "/", made.files, "-files-of-", made.bytes_each, ".tar");
  if (!fs::exists(archive)) {
    const std::string unfinished = archive + ".part";
    timed_run({"/usr/bin/tar", "-C", source, "-cf", unfinished, "tree"});
    fs::rename(unfinished, archive);
  }
  return {made.title, archive, source, made.files * made.bytes_each};
}

Tree unpack_usual_tree(double scale, const std::string& archives, const std::string& source) {
  std::string archive = Archives(archives, scale).path(Sample::kSmall, Packing::kGzip);
  fs::create_directories(source);
  timed_run({"/usr/bin/tar", "-C", source, "-xf", archive});
  return {usual_title(scale), std::move(archive), source, bytes_below(source)};
}

std::string usual_title(double scale) {
  return cat("tree of about ", static_cast<int>(59'000 * scale), " files of /usr");
}

}  // namespace slipway::bench
