#include "tests/bench/fingerprint.h"

#include <filesystem>
#include <functional>
#include <string_view>

#include "sandbox/base/text.h"
#include "tests/bench/beforehand.h"

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;

std::uint64_t mixed(std::uint64_t so_far, std::string_view more) {
  return (so_far ^ std::hash<std::string_view>{}(more)) * kOdd;
}

void add(Fingerprint& print, const fs::directory_entry& entry, const std::string& path) {
  std::uint64_t hash = mixed(kOdd, path);
  if (entry.is_symlink()) {
    ++print.links;
    hash = mixed(hash, cat("link to ", fs::read_symlink(entry.path()).string()));
  } else if (entry.is_directory()) {
    ++print.directories;
    hash = mixed(hash, "directory");
  } else {
    ++print.files;
    print.bytes += entry.file_size();
    for_each_piece(entry.path(), [&](std::string_view piece) { hash = mixed(hash, piece); });
  }
  print.sum += hash;
}

}  // namespace

Fingerprint fingerprint_of(const std::string& root, const std::string& ignored) {
  Fingerprint print;
  for (auto at = fs::recursive_directory_iterator(root); at != fs::end(at); ++at) {
    const std::string name = at->path().filename();
    if (at.depth() == 0 && (name == ignored || name.starts_with('.'))) {
      at.disable_recursion_pending();
      continue;
    }
    add(print, *at, at->path().string().substr(root.size()));
  }
  return print;
}

std::string describe(const Fingerprint& print) {
  return cat(print.files, " files, ", print.directories, " directories, ", print.links, " links, ",
             print.bytes, " bytes, sum ", print.sum);
}

}  // namespace slipway::bench
