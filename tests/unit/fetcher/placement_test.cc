#include "fetcher/cache/placement.h"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/support/nobody.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::fetcher {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using tests::FailsWith;
using tests::IsOk;
using tests::kNobody;

// Runs `body` as an ordinary user in a child; true where it says so.
bool as_nobody(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) ::_exit(2);
    ::_exit(body() ? 0 : 1);
  }
  const auto status = sys::wait_for(child);
  return status && *status == 0;
}

void give_away(const std::string& path) {
  ASSERT_EQ(::lchown(path.c_str(), kNobody, kNobody), 0) << path;
}

Result<Fd> open_dir(const std::string& path) {
  return sys::open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
}

class Merge : public ::testing::Test {
 protected:
  Merge() {
    dir_.make_directory("from");
    dir_.make_directory("onto");
    dir_.write("outside/victim", "untouched");
  }
  ~Merge() override { EXPECT_EQ(tests::read_file(dir_ / "outside/victim"), "untouched"); }

  Result<void> check() { return with_both(check_merge); }
  Result<void> run() { return with_both(merge); }
  [[nodiscard]] std::string onto(const std::string& name) const { return dir_ / ("onto/" + name); }
  void symlink(const std::string& target, const std::string& name) {
    ASSERT_EQ(::symlink(target.c_str(), (dir_ / name).c_str()), 0);
  }

  tests::TempDir dir_;

 private:
  Result<void> with_both(Result<void> (*step)(int, int)) {
    const Fd from = TRY(open_dir(dir_ / "from"));
    const Fd onto = TRY(open_dir(dir_ / "onto"));
    return step(from.get(), onto.get());
  }
};

TEST_F(Merge, MovesWhatIsNewAndDescendsWhereBothAreDirectories) {
  dir_.write("from/new/deep/f", "1");
  dir_.write("from/both/in/f", "2");
  dir_.write("from/file", "3");
  dir_.write("onto/both/in/old", "kept");
  symlink("/nowhere", "from/both/link");
  ASSERT_EQ(::chmod(onto("both").c_str(), 0711), 0);
  ASSERT_THAT(check(), IsOk());
  ASSERT_THAT(run(), IsOk());
  EXPECT_EQ(tests::read_file(onto("new/deep/f")), "1");
  EXPECT_EQ(tests::read_file(onto("both/in/f")), "2");
  EXPECT_EQ(tests::read_file(onto("both/in/old")), "kept");
  EXPECT_EQ(tests::read_file(onto("file")), "3");
  EXPECT_EQ(tests::mode_of(onto("both")), 0711U);
  EXPECT_TRUE(tests::exists(onto("both/link")));
  EXPECT_FALSE(tests::exists(dir_ / "from/file"));
}

TEST_F(Merge, ReplacesFilesAndLinksWithoutFollowing) {
  dir_.write("from/a", "new");
  dir_.write("from/b", "new");
  dir_.write("onto/a", "old");
  symlink("../outside/victim", "onto/b");
  symlink("whatever", "from/e");
  dir_.write("onto/e", "old");
  ASSERT_THAT(check(), IsOk());
  ASSERT_THAT(run(), IsOk());
  EXPECT_EQ(tests::read_file(onto("a")), "new");
  EXPECT_EQ(tests::read_file(onto("b")), "new");
  EXPECT_THAT(sys::read_link(AT_FDCWD, onto("e")), IsOk());
}

// An agent may have made the link: all that leads to a persistent volume.
TEST_F(Merge, ADirectoryTakesNotThePlaceOfALinkOrAFile) {
  dir_.write("from/c/f", "new");
  dir_.write("from/d/f", "new");
  dir_.make_directory("outside");
  symlink("../outside", "onto/c");
  dir_.write("onto/d", "old file");
  EXPECT_THAT(check(),
              FailsWith(AllOf(HasSubstr("a symbolic link stands where the directory 'c' would"),
                              HasSubstr("a file stands where the directory 'd' would"))));
  EXPECT_THAT(run(), FailsWith(HasSubstr("stands where the directory")));
  EXPECT_THAT(sys::read_link(AT_FDCWD, onto("c")), IsOk());
  EXPECT_FALSE(tests::exists(dir_ / "outside/f"));
  EXPECT_EQ(tests::read_file(onto("d")), "old file");
}

TEST_F(Merge, AFileTakesNotThePlaceOfALinkToADirectoryALinkDoes) {
  dir_.make_directory("outside");
  dir_.write("from/file", "new");
  symlink("v2", "from/current");
  symlink("../outside", "onto/file");
  symlink("../outside", "onto/current");
  EXPECT_THAT(check(),
              FailsWith("a symbolic link to a directory stands where the file 'file' would "
                        "be placed"));
  std::filesystem::remove(dir_ / "from/file");
  ASSERT_THAT(check(), IsOk());
  ASSERT_THAT(run(), IsOk());
  EXPECT_EQ(*sys::read_link(AT_FDCWD, onto("current")), "v2");
}

// In whichever order the names come: what was not against it before anything moved is not later.
TEST_F(Merge, ALinkThatLeadsNowhereIsReplacedThoughItsTargetIsPlacedToo) {
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    dir_.write(cat("from/link-", name), "new");
    dir_.write(cat("from/target-", name, "/in"), "new");
    symlink(cat("target-", name), cat("onto/link-", name));
  }
  ASSERT_THAT(check(), IsOk());
  ASSERT_THAT(run(), IsOk());
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    EXPECT_EQ(tests::read_file(onto(cat("link-", name))), "new");
  }
}

TEST_F(Merge, EveryConflictIsReportedBeforeAnythingChanges) {
  dir_.write("from/a", "x");
  dir_.write("from/deep/b", "x");
  dir_.write("from/fine", "x");
  dir_.make_directory("onto/a");
  dir_.write("onto/deep/b/in", "kept");
  EXPECT_THAT(check(), FailsWith(AllOf(HasSubstr("'a'"), HasSubstr("'deep/b'"))));
  EXPECT_FALSE(tests::exists(onto("fine")));
  EXPECT_THAT(run(), FailsWith(HasSubstr("directory")));
  EXPECT_EQ(tests::read_file(onto("deep/b/in")), "kept");
}

TEST_F(Merge, ManyConflictsAreCounted) {
  for (int i = 0; i < 15; ++i) {
    dir_.write(cat("from/c", i), "x");
    dir_.make_directory(cat("onto/c", i));
  }
  EXPECT_THAT(check(), FailsWith(HasSubstr("and 5 more")));
}

// More than are held in memory, and so many that the directory is read again.
TEST_F(Merge, OfADirectoryWithManyEntriesAllAreMoved) {
  constexpr int kFiles = 3000;
  for (int i = 0; i < kFiles; ++i) dir_.write(cat("from/f", i), "");
  for (int i = 0; i < 300; ++i) {
    dir_.write(cat("from/d", i, "/new"), "");
    dir_.write(cat("onto/d", i, "/old"), "");
  }
  ASSERT_THAT(check(), IsOk());
  ASSERT_THAT(run(), IsOk());
  for (int i = 0; i < kFiles; ++i) ASSERT_TRUE(tests::exists(onto(cat("f", i)))) << i;
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(tests::exists(onto(cat("d", i, "/new")))) << i;
    ASSERT_TRUE(tests::exists(onto(cat("d", i, "/old")))) << i;
  }
}

TEST_F(Merge, AnOrdinaryUserMovesReadOnlyDirectoriesToo) {
  dir_.write("from/ro/f", "x");
  dir_.write("from/both/g", "x");
  dir_.make_directory("onto/both");
  ASSERT_EQ(::chmod((dir_ / "from/ro").c_str(), 0555), 0);
  ASSERT_EQ(::chmod((dir_ / "from/both").c_str(), 0555), 0);
  for (const char* name :
       {"from", "from/ro", "from/ro/f", "from/both", "from/both/g", "onto", "onto/both"}) {
    give_away(dir_ / name);
  }
  EXPECT_TRUE(as_nobody([&] { return check().has_value() && run().has_value(); }));
  EXPECT_EQ(tests::read_file(onto("ro/f")), "x");
  EXPECT_EQ(tests::mode_of(onto("ro")), 0555U);
  EXPECT_EQ(tests::read_file(onto("both/g")), "x");
}

TEST_F(Merge, ADirectoryThatIsNotWritableIsAConflict) {
  dir_.write("from/d/f", "x");
  dir_.make_directory("onto/d", 0555);
  for (const char* name : {"from", "from/d", "from/d/f", "onto", "onto/d"}) give_away(dir_ / name);
  EXPECT_TRUE(as_nobody([&] {
    const auto checked = check();
    return !checked && checked.error().message().find("not writable") != std::string::npos;
  }));
}

class RemoveTree : public ::testing::Test {
 protected:
  RemoveTree() { dir_.write("outside/victim", "untouched"); }
  ~RemoveTree() override { EXPECT_EQ(tests::read_file(dir_ / "outside/victim"), "untouched"); }

  Result<void> remove(const std::string& name) {
    const Fd dir = TRY(open_dir(dir_.path()));
    return remove_tree(dir.get(), name);
  }

  tests::TempDir dir_;
};

TEST_F(RemoveTree, RemovesEverythingAndFollowsNothing) {
  dir_.write("t/a/b/f", "x");
  dir_.write("t/a/g", "x");
  dir_.make_directory("t/empty");
  ASSERT_EQ(::symlink("../outside", (dir_ / "t/link").c_str()), 0);
  ASSERT_EQ(::symlink("../../outside/victim", (dir_ / "t/a/link").c_str()), 0);
  ASSERT_EQ(::mkfifo((dir_ / "t/fifo").c_str(), 0600), 0);
  EXPECT_THAT(remove("t"), IsOk());
  EXPECT_FALSE(tests::exists(dir_ / "t"));
}

TEST_F(RemoveTree, FilesAndLinksAndNothingAtAllAreFineToo) {
  dir_.write("f", "x");
  ASSERT_EQ(::symlink("outside", (dir_ / "l").c_str()), 0);
  EXPECT_THAT(remove("f"), IsOk());
  EXPECT_THAT(remove("l"), IsOk());
  EXPECT_THAT(remove("never"), IsOk());
  EXPECT_FALSE(tests::exists(dir_ / "f"));
  EXPECT_FALSE(tests::exists(dir_ / "l"));
}

TEST_F(RemoveTree, TakesOnlyOneName) {
  for (const char* name : {"", ".", "..", "outside/victim", "/", "/tmp"}) {
    EXPECT_FALSE(remove(name).has_value()) << name;
  }
}

TEST_F(RemoveTree, ADepthOfAThousandNeedsFewDescriptors) {
  constexpr int kDepth = 1000;
  const auto top = sys::make_directory(AT_FDCWD, dir_ / "deep", 0755);
  ASSERT_THAT(top, IsOk());
  Fd at = *open_dir(dir_ / "deep");
  for (int i = 0; i < kDepth; ++i) {
    ASSERT_THAT(sys::make_directory(at.get(), "d", 0755), IsOk());
    at = *sys::open_at(at.get(), "d", O_RDONLY | O_DIRECTORY);
  }
  at.reset();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{32, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto removed = remove("deep");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_THAT(removed, IsOk());
  EXPECT_FALSE(tests::exists(dir_ / "deep"));
}

TEST_F(RemoveTree, AnOrdinaryUserRemovesItsClosedDirectories) {
  dir_.write("mine/closed/deep/f", "x");
  ASSERT_EQ(::chmod((dir_ / "mine/closed/deep").c_str(), 0), 0);
  ASSERT_EQ(::chmod((dir_ / "mine/closed").c_str(), 0444), 0);
  ASSERT_EQ(::chmod((dir_ / "mine").c_str(), 0555), 0);
  for (const char* name : {"mine", "mine/closed", "mine/closed/deep", "mine/closed/deep/f"}) {
    give_away(dir_ / name);
  }
  give_away(dir_.path());
  EXPECT_TRUE(as_nobody([&] { return remove("mine").has_value(); }));
  EXPECT_FALSE(tests::exists(dir_ / "mine"));
}

TEST_F(RemoveTree, OtherPeoplesFilesAreAnErrorNotAHang) {
  dir_.write("t/d/f", "x");
  give_away(dir_ / "t");
  give_away(dir_.path());
  EXPECT_TRUE(as_nobody([&] { return !remove("t").has_value(); }));
  EXPECT_TRUE(tests::exists(dir_ / "t/d/f"));
}

TEST_F(RemoveTree, NeverEntersAnotherMount) {
  dir_.make_directory("t/mounted");
  ASSERT_EQ(
      ::mount((dir_ / "outside").c_str(), (dir_ / "t/mounted").c_str(), nullptr, MS_BIND, nullptr),
      0);
  const auto removed = remove("t");
  ASSERT_EQ(::umount2((dir_ / "t/mounted").c_str(), MNT_DETACH), 0);
  EXPECT_THAT(removed, FailsWith(HasSubstr("mount point")));
}

// More than are held in memory, and so many that the directory is read again.
TEST_F(RemoveTree, RemovesADirectoryWithManyEntries) {
  for (int i = 0; i < 1000; ++i) dir_.write(cat("t/d", i, "/f"), "");
  for (int i = 0; i < 3000; ++i) dir_.write(cat("t/f", i), "");
  EXPECT_THAT(remove("t"), IsOk());
  EXPECT_FALSE(tests::exists(dir_ / "t"));
}

TEST_F(RemoveTree, ShowsLifeOnTheWay) {
  for (int i = 0; i < 600; ++i) dir_.write(cat("many/", i), "");
  const auto dir = open_dir(dir_.path());
  ASSERT_THAT(dir, tests::IsOk());
  int beats = 0;
  EXPECT_THAT(remove_tree(dir->get(), "many", [&] { ++beats; }), tests::IsOk());
  EXPECT_EQ(beats, 3);
}

}  // namespace
}  // namespace slipway::fetcher
