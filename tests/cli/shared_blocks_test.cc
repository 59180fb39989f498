// Cached archives on file systems whose files can share blocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "fetcher/base/file_identity.h"
#include "sandbox/base/text.h"
#include "tests/cli/materialize_fixture.h"
#include "tests/support/tree_snapshot.h"

namespace slipway::tests {
namespace {

using ::testing::HasSubstr;

class MaterializeOn : public Materialize, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    const std::string image = dir_.write("image", "");
    ASSERT_EQ(::truncate(image.c_str(), off_t{512} << 20), 0);
    place_ = dir_.make_directory("disk");
    const auto made = run_program({cat("mkfs.", GetParam()), "-q", image});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const auto mounted = run_program({"mount", "-n", "-o", "loop", image, place_});
    ASSERT_EQ(mounted.exit_code, 0) << mounted.err;
  }
  void TearDown() override {
    run_program({"chmod", "-R", "u+rwx", place_});
    EXPECT_EQ(::umount2(place_.c_str(), 0), 0);
  }
  RunResult launch(const std::string& line, const std::string& archive, const std::string& way) {
    const std::string entry = dir_.write("entry", with(line, {archive}));
    return slipway({"run", entry, "--sandbox", cat(place_, "/s", ++launches_), "--cache-dir",
                    place_ + "/cache", "--materialize=" + way});
  }
  [[nodiscard]] std::size_t trees_there() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(place_ + "/cache/v1/trees"), {}));
  }

  std::string place_;
  int launches_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Disks, MaterializeOn, ::testing::Values("xfs", "btrfs"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(MaterializeOn, TheSecondLaunchMakesTheTreeAndTheThirdSharesItsBlocks) {
  dir_.write("tree/app/big", std::string(8 << 20, 'b'));
  const std::string path = archive();
  for (int i = 1; i <= 3; ++i) {
    const auto result = launch("cat app/data top; app/bin/run; stat -c %s app/big", path, "auto");
    EXPECT_EQ(result.out, "datatopran\n8388608\n") << result.err;
    EXPECT_EQ(trees_there(), i < 2 ? 0U : 1U);
  }
  // As filefrag(8) sees it: FIEMAP_EXTENT_SHARED.
  const auto extents = run_program({"filefrag", "-v", place_ + "/s3/app/big"});
  EXPECT_THAT(extents.out, HasSubstr("shared")) << extents.out << extents.err;
}

TEST_P(MaterializeOn, WhatATaskWritesIsNotSeenInTheCache) {
  dir_.write("tree/app/big", std::string(1 << 20, 'b'));
  const std::string path = archive();
  for (int i = 0; i < 3; ++i) {
    const auto result = launch(
        "echo changed > app/data; printf x | dd of=app/big conv=notrunc 2>/dev/null; "
        "head -c 1 app/big",
        path, "reflink");
    EXPECT_EQ(result.out, "x") << result.err;
  }
  const auto verified = slipway({"cache", "verify", "--cache-dir", place_ + "/cache"});
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
}

// By the boot that was recorded, not by a clock that may have been set back since.
TEST_P(MaterializeOn, WhatWasHashedBeforeTheHostsLastStartIsHashedAgain) {
  const std::string entry = dir_.write(
      "entry", shell_entry("cat plain", uri(dir_.write("plain", "the data"), R"("cache":true)")));
  const auto launch_plain = [&] {
    return slipway({"run", entry, "--sandbox", cat(place_, "/s", ++launches_), "--cache-dir",
                    place_ + "/cache"});
  };
  ASSERT_EQ(launch_plain().out, "the data");
  const auto only = [&](const char* directory) -> std::string {
    return std::filesystem::directory_iterator(cat(place_, "/cache/v1/", directory))->path();
  };
  // Torn, with what would be known of it if it had been hashed so.
  ASSERT_EQ(::chmod(only("objects").c_str(), 0600), 0);
  std::ofstream(only("objects")) << "the dAta";
  struct stat torn {};
  ASSERT_EQ(::stat(only("objects").c_str(), &torn), 0);
  auto record = nlohmann::json::parse(read_file(only("uris")));
  record["identity"] = fetcher::identity_of(torn);
  std::ofstream(only("uris"), std::ios::trunc) << record.dump();
  ASSERT_EQ(launch_plain().out, "the dAta") << "in one boot that is enough";
  record["boot"] = "00000000-0000-0000-0000-000000000000";
  std::ofstream(only("uris"), std::ios::trunc) << record.dump();
  const auto result = launch_plain();
  EXPECT_EQ(result.out, "the data") << result.err;
  EXPECT_THAT(result.err, HasSubstr("was damaged"));
}

TEST_P(MaterializeOn, OverlaysCanBeHadThereToo) {
  const std::string path = archive();
  for (int i = 0; i < 2; ++i) {
    const auto result =
        launch("rm app/old; echo x > app/data; ls app; cat app/data", path, "overlay");
    EXPECT_EQ(result.out, "bin\ndata\nx\n") << result.err;
  }
}

}  // namespace
}  // namespace slipway::tests
