#include "tests/bench/warm_trees.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace slipway::bench {
namespace {

namespace fs = std::filesystem;

struct Count {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

Count count(const std::string& directory) {
  Count found;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    ++found.files;
    found.bytes += entry.file_size();
  }
  return found;
}

TEST(WarmTree, HasItsFilesAndItsArchiveTheSame) {
  const tests::TempDir dir;
  dir.make_directory("archives");
  const Tree tree = make_tree(tree_of_files(250), dir / "archives", dir / "source");
  EXPECT_EQ(tree.title, "250 files of 1 KiB");
  EXPECT_EQ(count(tree.source).files, 250U);
  EXPECT_EQ(count(tree.source).bytes, 250U * 1024);
  EXPECT_EQ(tree.bytes, 250U * 1024);
  dir.make_directory("unpacked");
  const auto unpacked = tests::run_program({"tar", "-C", dir / "unpacked", "-xf", tree.archive});
  EXPECT_EQ(unpacked.exit_code, 0) << unpacked.err;
  const auto compared = tests::run_program({"diff", "-r", dir / "unpacked", tree.source});
  EXPECT_EQ(compared.exit_code, 0) << compared.out;
}

TEST(WarmTree, OfBytesHasThemInFewFiles) {
  const tests::TempDir dir;
  const Tree tree = make_tree(tree_of_bytes(3 << 20), dir.path(), dir / "source");
  EXPECT_EQ(count(tree.source).files, 16U);
  EXPECT_EQ(count(tree.source).bytes, 3U << 20);
}

TEST(WarmTree, ArchiveThatIsThereIsUsedAgain) {
  const tests::TempDir dir;
  const Tree first = make_tree(tree_of_files(3), dir.path(), dir / "first");
  const auto written = fs::last_write_time(first.archive);
  const Tree second = make_tree(tree_of_files(3), dir.path(), dir / "second");
  EXPECT_EQ(second.archive, first.archive);
  EXPECT_EQ(fs::last_write_time(second.archive), written);
  EXPECT_EQ(count(second.source).files, 3U);
}

TEST(WarmTree, RoomCountsWholeBlocks) {
  EXPECT_GE(room_for(tree_of_files(1000)), 1000U * 4096);
  EXPECT_GE(room_for(tree_of_bytes(std::uint64_t{1} << 30)), std::uint64_t{1} << 30);
}

}  // namespace
}  // namespace slipway::bench
