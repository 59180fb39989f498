// usage: fuzz_seeds SOURCES DIRECTORY TARGET…
// Writes DIRECTORY/TARGET/NUMBER, and DIRECTORY/TARGET.dict where a target has a dictionary.
#include <cstdio>
#include <fstream>
#include <span>
#include <string>

#include "tests/fuzz/seeds.h"

namespace {

namespace fs = std::filesystem;

void write_file(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

void write_all(const fs::path& sources, const fs::path& root, std::span<char*> targets) {
  int number = 0;
  for (const std::string name : targets) {
    for (const std::string& seed : slipway::fuzz::seeds_of(name, sources)) {
      write_file(root / name / std::to_string(++number), seed);
    }
    const std::string words = slipway::fuzz::dictionary(name);
    if (!words.empty()) write_file(root / (name + ".dict"), words);
  }
  std::printf("%d seeds in %s\n", number, root.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: fuzz_seeds SOURCES DIRECTORY TARGET...\n");
    return 2;
  }
  write_all(argv[1], argv[2], std::span(argv + 3, argv + argc));
}
