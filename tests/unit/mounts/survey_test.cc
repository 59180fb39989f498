// The survey reads the real file system, with the task's own rights.
#include "mounts/mount_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mounts/coverage.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::mounts {
namespace {

using sandbox::AbsolutePath;
using sandbox::SandboxPath;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::FailsWith;
using tests::IsOk;

AbsolutePath absolute(std::string_view text) {
  return *AbsolutePath::parse(text);
}

sandbox::User nobody() {
  return *sandbox::find_user("nobody");
}
sandbox::User root() {
  return *sandbox::find_user("root");
}

Result<TargetPlace> find(const AbsolutePath& path, const sandbox::User& user) {
  const auto rights = sandbox::AsUser::enter(user);
  return find_target(path, user);
}

// /var/tmp and /tmp are world-writable: links below them are trusted by nobody. This place is
// root's.
class Survey : public ::testing::Test {
 protected:
  void SetUp() override {
    make("real");
    make("real/sub");
    make("theirs", 65534);
  }
  std::string make(const std::string& name, uid_t owner = 0) {
    std::string path = dir_.make_directory(name);
    EXPECT_EQ(::chown(path.c_str(), owner, owner), 0);
    return path;
  }
  void link(const std::string& target, const std::string& name, uid_t owner = 0) {
    const std::string path = dir_ / name;
    EXPECT_EQ(::symlink(target.c_str(), path.c_str()), 0);
    EXPECT_EQ(::lchown(path.c_str(), owner, owner), 0);
  }
  // Relative to the directory of the test.
  [[nodiscard]] AbsolutePath at(const std::string& name) const { return absolute(dir_ / name); }

  tests::TempDir dir_{0755, "/run"};
};

TEST_F(Survey, FollowsRootsLinksToTheRealPath) {
  link("real", "relative");
  link(dir_ / "relative/sub", "chain");
  link("../relative/./sub/..", "real/up");
  for (const auto& user : {nobody(), root()}) {
    ASSERT_OK_AND_ASSIGN(const auto chain, find(at("chain"), user));
    EXPECT_EQ(chain.canonical, at("real/sub"));
    EXPECT_EQ(chain.kind, FileKind::kDirectory);
    ASSERT_OK_AND_ASSIGN(const auto up, find(at("real/up/sub"), user));
    EXPECT_EQ(up.canonical, at("real/sub"));
  }
}

TEST_F(Survey, RefusesLinksTheUserCouldHaveMade) {
  link("real", "made-by-user", 65534);
  link("../real", "theirs/link");
  EXPECT_THAT(find(at("made-by-user"), nobody()), FailsWith(HasSubstr("symbolic link")));
  EXPECT_THAT(find(at("theirs/link"), nobody()), FailsWith(HasSubstr("symbolic link")));
  EXPECT_THAT(find(at("theirs/link/sub"), root()), FailsWith(HasSubstr("symbolic link")));
}

TEST_F(Survey, AWritableDirectoryAboveSpoilsEveryLinkBelow) {
  make("theirs/deep");
  link(dir_ / "real", "theirs/deep/link");
  EXPECT_THAT(find(at("theirs/deep/link"), nobody()), FailsWith(HasSubstr("symbolic link")));
}

TEST_F(Survey, SaysWhatIsMissing) {
  link("real/not/there", "dangling");
  ASSERT_OK_AND_ASSIGN(const auto plain, find(at("real/a/b"), nobody()));
  EXPECT_THAT(plain.missing, ElementsAre("a", "b"));
  EXPECT_EQ(plain.canonical, at("real/a/b"));
  EXPECT_EQ(plain.kind, std::nullopt);
  ASSERT_OK_AND_ASSIGN(const auto dangling, find(at("dangling/x"), nobody()));
  EXPECT_EQ(dangling.canonical, at("real/not/there/x"));
  EXPECT_THAT(dangling.missing, ElementsAre("not", "there", "x"));
  ASSERT_OK_AND_ASSIGN(const auto top, find(absolute("/no-such-name/x"), nobody()));
  EXPECT_THAT(top.missing, ElementsAre("no-such-name", "x"));
}

TEST_F(Survey, RingsOfLinksEnd) {
  link("b", "a");
  link("a", "b");
  const auto found = find(at("a"), nobody());
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().number(), ELOOP);
}

TEST_F(Survey, AFileOnTheWayIsAnError) {
  EXPECT_THAT(find(absolute("/etc/passwd/x"), nobody()),
              FailsWith(HasSubstr("'/etc/passwd' is not a directory")));
  ASSERT_OK_AND_ASSIGN(const auto file, find(absolute("/etc/passwd"), nobody()));
  EXPECT_EQ(file.kind, FileKind::kFile);
}

TEST_F(Survey, TellsSocketsAndPipesFromFiles) {
  const std::string place = make("place");
  ASSERT_EQ(::mknod((place + "/socket").c_str(), S_IFSOCK | 0666, 0), 0);
  ASSERT_EQ(::mkfifo((place + "/pipe").c_str(), 0666), 0);
  const std::vector<VolumeSpec> volumes = {
      {at("place/socket"), *SandboxPath::parse("a"), Access::kReadOnly},
      {at("place/pipe"), *SandboxPath::parse("b"), Access::kReadOnly}};
  const auto survey = survey_volumes(volumes, nobody());
  EXPECT_EQ(*survey.volumes.at(0).source, FileKind::kSocket);
  EXPECT_EQ(*survey.volumes.at(1).source, FileKind::kPipe);
}

TEST_F(Survey, LooksAtSourcesWithTheUsersRights) {
  const std::string secret = make("secret");
  make("secret/data");
  ASSERT_EQ(::chmod(secret.c_str(), 0700), 0);
  const std::vector<VolumeSpec> volumes = {
      {at("real"), *SandboxPath::parse("a"), Access::kReadOnly},
      {at("secret/data"), *SandboxPath::parse("b"), Access::kReadOnly},
      {at("gone"), *SandboxPath::parse("c"), Access::kReadOnly},
      {absolute("/dev/null"), *SandboxPath::parse("d"), Access::kReadOnly}};
  const auto survey = survey_volumes(volumes, nobody());
  ASSERT_EQ(survey.volumes.size(), 4U);
  ASSERT_THAT(survey.volumes[0].source, IsOk());
  EXPECT_EQ(*survey.volumes[0].source, FileKind::kDirectory);
  EXPECT_EQ(survey.volumes[1].source.error().number(), EACCES);
  EXPECT_EQ(survey.volumes[2].source.error().number(), ENOENT);
  EXPECT_EQ(*survey.volumes[3].source, FileKind::kDevice);
  EXPECT_FALSE(survey.volumes[0].target.has_value());
  for (const auto& volume : survey.volumes) EXPECT_FALSE(volume.nearest.has_value());
  EXPECT_EQ(::geteuid(), 0U);
}

TEST_F(Survey, LooksIntoTheVolumeThatCoversATarget) {
  const std::vector<VolumeSpec> volumes = {
      {at("real"), absolute("/no-such-name"), Access::kReadOnly},
      {at("real"), absolute("/no-such-name/sub"), Access::kReadOnly},
      {at("real"), absolute("/no-such-name/gone"), Access::kReadOnly}};
  const auto survey = survey_volumes(volumes, nobody());
  EXPECT_FALSE(survey.volumes[0].inside.has_value());
  ASSERT_TRUE(survey.volumes[0].nearest && *survey.volumes[0].nearest);
  EXPECT_GT((*survey.volumes[0].nearest)->entries, 5U) << "those of '/'";
  ASSERT_TRUE(survey.volumes[1].inside && *survey.volumes[1].inside);
  EXPECT_EQ((*survey.volumes[1].inside)->kind, FileKind::kDirectory);
  EXPECT_FALSE(survey.volumes[1].nearest.has_value());
  ASSERT_TRUE(survey.volumes[2].inside && *survey.volumes[2].inside);
  EXPECT_EQ((*survey.volumes[2].inside)->kind, std::nullopt);
  EXPECT_THAT((*survey.volumes[2].inside)->missing, ElementsAre("gone"));
  ASSERT_TRUE(survey.volumes[2].nearest && *survey.volumes[2].nearest);
  EXPECT_EQ((*survey.volumes[2].nearest)->entries, 1U) << "those of the volume";
}

TEST_F(Survey, SaysWhetherTheNearestDirectoryCouldBeExtended) {
  ASSERT_EQ(::chmod(make("everybodys").c_str(), 01777), 0);
  ASSERT_EQ(::chmod(make("closed").c_str(), 0711), 0);
  std::vector<VolumeSpec> volumes;
  for (const char* place : {"real/sub/x/y", "theirs/x", "everybodys/x", "closed/x"}) {
    volumes.push_back({at("real"), at(place), Access::kReadOnly});
  }
  const auto users = survey_volumes(volumes, nobody());
  for (const auto& volume : users.volumes) ASSERT_TRUE(volume.nearest.has_value());
  ASSERT_THAT(*users.volumes[0].nearest, IsOk());
  EXPECT_FALSE((*users.volumes[0].nearest)->writable_for_user);
  EXPECT_FALSE((*users.volumes[0].nearest)->writable_for_all);
  EXPECT_TRUE((*users.volumes[1].nearest)->writable_for_user);
  EXPECT_TRUE((*users.volumes[2].nearest)->writable_for_all);
  EXPECT_EQ(users.volumes[3].nearest->error().number(), EACCES);
  const auto roots = survey_volumes(volumes, root());
  EXPECT_FALSE((*roots.volumes[1].nearest)->writable_for_user);
  EXPECT_TRUE((*roots.volumes[2].nearest)->writable_for_all);
  ASSERT_THAT(*roots.volumes[3].nearest, IsOk());
}

TEST(Coverage, IsByTheInnermost) {
  const std::vector<Target> targets = {absolute("/a"), absolute("/a/b/c"), absolute("/a/b"),
                                       *SandboxPath::parse("a"), absolute("/a/bc")};
  const Coverage coverage(targets);
  EXPECT_EQ(coverage.volume_above(targets[1]), 2U);
  EXPECT_EQ(coverage.volume_above(targets[2]), 0U);
  EXPECT_EQ(coverage.volume_above(targets[0]), std::nullopt);
  EXPECT_EQ(coverage.volume_above(targets[3]), std::nullopt);
  EXPECT_EQ(coverage.volume_above(targets[4]), 0U);
  EXPECT_EQ(coverage.volume_above(*SandboxPath::parse("a/b/c")), 3U);
}

}  // namespace
}  // namespace slipway::mounts
