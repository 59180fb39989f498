// What the fuzzers start from, and every input that ever broke something (regressions/TARGET/),
// read by each target in the ordinary build: no clang is needed for that, and no luck.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sandbox/base/text.h"
#include "tests/fuzz/seeds.h"
#include "tests/fuzz/targets.h"

namespace slipway::fuzz {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = SLIPWAY_SOURCES;

void feed(const Target& target, const std::string& bytes) {
  target.read(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

class FuzzRegression : public ::testing::TestWithParam<Target> {};

// A broken promise ends the program, so the name is said before.
TEST_P(FuzzRegression, NothingBreaksThatBrokeOnce) {
  const fs::path directory = kRoot / "tests/fuzz/regressions" / GetParam().name;
  if (!fs::exists(directory)) return;
  std::vector<fs::path> files{fs::directory_iterator(directory), {}};
  std::ranges::sort(files);
  ASSERT_FALSE(files.empty()) << directory << " is empty";
  for (const auto& file : files) {
    std::printf("%s\n", file.c_str());
    std::ifstream bytes(file, std::ios::binary);
    feed(GetParam(), {std::istreambuf_iterator<char>(bytes), {}});
  }
}

TEST_P(FuzzRegression, EverySeedIsRead) {
  const auto all = seeds_of(std::string(GetParam().name), kRoot);
  EXPECT_FALSE(all.empty()) << "a target that starts from nothing finds nothing";
  for (const std::string& seed : all) feed(GetParam(), seed);
}

TEST(FuzzRegressions, BelongToTargetsThatThereAre) {
  const auto known = targets();
  for (const auto& each : fs::directory_iterator(kRoot / "tests/fuzz/regressions")) {
    const std::string name = each.path().filename();
    EXPECT_NE(std::ranges::find(known, name, &Target::name), known.end()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzRegression, ::testing::ValuesIn(targets()),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace slipway::fuzz
