// What fuzzing starts from: the archives of the test cases, sorted by the target that reads them.
// usage: fuzz_seeds DIRECTORY
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/archive_cases.h"

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargest = std::size_t{64} * 1024;

// The directory of the target for a file of that name, and the byte that it expects in front.
std::pair<std::string, std::string> target_of(const std::string& name) {
  if (name.ends_with(".tar")) return {"fuzz_tar", std::string(1, '\0')};
  if (name.ends_with(".zip")) return {"fuzz_zip", std::string(1, '\0')};
  if (name.ends_with("gz")) return {"fuzz_gzip", std::string(1, '\x10')};
  return {};
}

void write_seeds(const fs::path& root) {
  slipway::tests::ArchiveCases cases("/tmp/outside");
  for (const auto& family : slipway::tests::archive_families()) family.add(cases);
  int number = 0;
  for (const auto& each : cases.all()) {
    for (const auto& file : each.files) {
      const auto [target, front] = target_of(file.name);
      if (target.empty()) continue;
      const std::string bytes = file.bytes();
      if (bytes.size() > kLargest) continue;
      fs::create_directories(root / target);
      std::ofstream(root / target / std::to_string(++number), std::ios::binary) << front << bytes;
    }
  }
  std::printf("%d seeds in %s\n", number, root.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fuzz_seeds DIRECTORY\n");
    return 2;
  }
  write_seeds(argv[1]);
}
