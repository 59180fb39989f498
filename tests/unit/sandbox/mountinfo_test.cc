#include "sandbox/mountinfo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/result_matchers.h"

namespace slipway::sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::FailsWith;
using tests::IsOk;

constexpr const char* kTable =
    "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n"
    "22 27 0:21 / /proc rw,nosuid master:2 propagate_from:1 new:7 - proc proc rw\n"
    "30 27 0:30 /sub /mnt/a\\040b\\134c ro unbindable - tmpfs none rw,size=4k\n";

std::vector<int> ids_of(const std::vector<MountEntry>& table) {
  std::vector<int> ids;
  ids.reserve(table.size());
  for (const auto& entry : table) ids.push_back(entry.id);
  return ids;
}

TEST(Mountinfo, S12_ReadsWhatALaunchAsks) {
  ASSERT_OK_AND_ASSIGN(const auto table, parse_mountinfo(kTable));
  ASSERT_EQ(table.size(), 3U);
  EXPECT_EQ(table[0].parent, 1);
  EXPECT_THAT(table[0].options, ElementsAre("rw", "relatime"));
  EXPECT_EQ(table[0].shared, 1);
  EXPECT_EQ(table[0].fs_type, "ext4");
  EXPECT_EQ(table[0].source, "/dev/vda");
  EXPECT_THAT(table[0].super_options, ElementsAre("rw", "discard"));
}

TEST(Mountinfo, S12_OptionalFieldsMayBeAbsentSeveralOrUnknown) {
  ASSERT_OK_AND_ASSIGN(const auto table, parse_mountinfo(kTable));
  EXPECT_EQ(table[1].master, 2);
  EXPECT_FALSE(table[1].shared);
  EXPECT_FALSE(table[0].master);
  EXPECT_FALSE(table[2].shared || table[2].master);
}

TEST(Mountinfo, OctalEscapesAreResolved) {
  ASSERT_OK_AND_ASSIGN(const auto table, parse_mountinfo(kTable));
  EXPECT_EQ(table[2].mount_point, "/mnt/a b\\c");
}

TEST(Mountinfo, HasFindsWholeOptionsOnly) {
  ASSERT_OK_AND_ASSIGN(const auto table, parse_mountinfo(kTable));
  EXPECT_TRUE(table[2].has("ro"));
  EXPECT_FALSE(table[0].has("r"));
  EXPECT_FALSE(table[0].has("discard")) << "an option of the file system, not of the mount";
}

class BadLine : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Mountinfo, BadLine,
                         ::testing::Values("nothing of the kind",
                                           "1 2 0:1 / / rw shared:1 ext4 /dev/vda rw x",
                                           "x 1 254:0 / / rw - ext4 /dev/vda rw",
                                           "27 -1 254:0 / / rw - ext4 /dev/vda rw",
                                           "27 1 254:0 / relative rw - ext4 /dev/vda rw",
                                           "27 1 254:0 / / rw shared:x - ext4 /dev/vda rw",
                                           "27 1 254:0 / / rw - ext4"));
TEST_P(BadLine, S12_FailsTheWholeTableAndNamesTheLine) {
  const auto table =
      parse_mountinfo(std::string("27 1 254:0 / / rw - ext4 /dev/vda rw\n") + GetParam() + '\n');
  EXPECT_THAT(table, FailsWith(HasSubstr("line 2")));
}

TEST(Mountinfo, S13_ParentsComeFirstWhateverTheOrder) {
  ASSERT_OK_AND_ASSIGN(const auto table, parse_mountinfo("30 22 0:3 / /a/b rw - tmpfs none rw\n"
                                                         "22 27 0:2 / /a rw - tmpfs none rw\n"
                                                         "27 1 0:1 / / rw - tmpfs none rw\n"));
  EXPECT_THAT(ids_of(table), ElementsAre(27, 22, 30));
}

TEST(Mountinfo, S13_AnEntryThatIsItsOwnParentIsTolerated) {
  ASSERT_OK_AND_ASSIGN(const auto table, parse_mountinfo("22 27 0:2 / /a rw - tmpfs none rw\n"
                                                         "27 27 0:1 / / rw - rootfs rootfs rw\n"));
  EXPECT_THAT(ids_of(table), ElementsAre(27, 22));
}

TEST(Mountinfo, ARingOfParentsEnds) {
  ASSERT_OK_AND_ASSIGN(const auto table, parse_mountinfo("1 2 0:2 / /a rw - tmpfs none rw\n"
                                                         "2 1 0:1 / /b rw - tmpfs none rw\n"));
  EXPECT_EQ(table.size(), 2U);
}

TEST(Mountinfo, S11_FindsTheNearestEnclosingMount) {
  ASSERT_OK_AND_ASSIGN(const auto table,
                       parse_mountinfo("27 1 0:1 / / rw - tmpfs root rw\n"
                                       "28 27 0:2 / /var rw - tmpfs var rw\n"
                                       "29 28 0:3 / /var/lib rw - tmpfs lib rw\n"
                                       "31 29 0:4 / /var/lib rw - tmpfs top rw\n"));
  const auto source = [&](const char* path) { return find_enclosing(table, path)->source; };
  EXPECT_EQ(source("/var"), "var");
  EXPECT_EQ(source("/var/log"), "var");
  EXPECT_EQ(source("/variable"), "root");
  EXPECT_EQ(source("/"), "root");
  EXPECT_EQ(source("/var/lib/x"), "top") << "the later of two mounts on one point counts";
  EXPECT_EQ(find_enclosing({}, "/x"), nullptr);
}

TEST(Mountinfo, ReadsTheRealTable) {
  ASSERT_OK_AND_ASSIGN(const auto table, read_mountinfo());
  ASSERT_NE(find_enclosing(table, "/proc/self"), nullptr);
  EXPECT_EQ(find_enclosing(table, "/proc/self")->fs_type, "proc");
}

}  // namespace
}  // namespace slipway::sandbox
