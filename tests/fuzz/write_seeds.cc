// usage: fuzz_seeds SOURCES DIRECTORY
// Writes DIRECTORY/TARGET/NUMBER, and DIRECTORY/TARGET.dict where a target has a dictionary.
#include <cstdio>
#include <fstream>
#include <set>

#include "tests/fuzz/seeds.h"

namespace {

namespace fs = std::filesystem;

void write_file(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

void write_all(const fs::path& sources, const fs::path& root) {
  std::set<std::string> targets;
  int number = 0;
  for (const auto& seed : slipway::fuzz::seeds(sources)) {
    write_file(root / seed.target / std::to_string(++number), seed.bytes);
    targets.insert(seed.target);
  }
  for (const std::string& target : targets) {
    const std::string words = slipway::fuzz::dictionary(target);
    if (!words.empty()) write_file(root / (target + ".dict"), words);
  }
  std::printf("%d seeds for %zu targets in %s\n", number, targets.size(), root.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: fuzz_seeds SOURCES DIRECTORY\n");
    return 2;
  }
  write_all(argv[1], argv[2]);
}
