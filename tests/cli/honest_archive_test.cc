// What slipway extracts is what GNU tar and unzip extract, byte for byte, less what it never keeps.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"
#include "tests/support/tree_snapshot.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

enum class Times { kCompared, kIgnored };
enum class Modes { kAsFound, kMasked };

mode_t masked(mode_t mode) {
  return (mode & 0755) | (S_ISDIR(mode) ? 0700 : 0600);
}

// Type, mode, content or target, time, and which names are one file. The other program keeps modes
// that slipway does not: they are masked.
Picture comparable(const Snapshot& tree, Times times, Modes modes) {
  std::map<std::pair<dev_t, ino_t>, std::string> first_names;
  Snapshot changed = tree;
  for (auto& [path, found] : changed) {
    if (modes == Modes::kMasked) found.mode = (found.mode & S_IFMT) | masked(found.mode);
  }
  Picture picture = tree_picture(changed);
  for (const auto& [path, found] : tree) {
    const auto& [first, is_new] = first_names.emplace(found.inode, path);
    if (!is_new) picture[path] += cat(", also ", quote(first->second));
    // Seconds: ustar holds no more, and the root's are not the archive's.
    if (times == Times::kCompared && !path.empty())
      picture[path] += cat(", ", found.modified.first);
  }
  return picture;
}

class HonestArchives : public Fetch {
 protected:
  // A program that must succeed, in a directory of its choice.
  static void do_it(const std::vector<std::string>& argv, const std::string& cwd = "") {
    RunOptions options;
    options.cwd = cwd;
    options.timeout = std::chrono::minutes(5);
    const RunResult result = run_program(argv, options);
    ASSERT_EQ(result.exit_code, 0) << argv[0] << ": " << result.err.substr(0, 2000);
  }

  // Extracts both ways and compares what is below `top`.
  void compare(const std::string& archive, const std::vector<std::string>& other_program,
               const std::string& top, Times times, As as = As::kRoot);
  void compare_tar(const std::string& archive, const std::string& top, As as = As::kRoot) {
    compare(archive, {"tar", "-xf", archive}, top, Times::kCompared, as);
  }
  void compare_zip(const std::string& archive, const std::string& top, As as = As::kRoot) {
    // -^: control characters in names stay.
    compare(archive, {"env", "LC_ALL=C.UTF-8", "unzip", "-q", "-^", archive}, top, Times::kIgnored,
            as);
  }
};

void HonestArchives::compare(const std::string& archive,
                             const std::vector<std::string>& other_program, const std::string& top,
                             Times times, As as) {
  SCOPED_TRACE(archive);
  fs::remove_all(dir_ / "reference");
  const std::string reference = dir_.make_directory("reference");
  do_it(other_program, reference);
  const RunResult result =
      run_anew(program_entry("/bin/echo", R"("echo","started")", uri(archive)), {}, as);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::string below = top.empty() ? "" : "/" + top;
  const Snapshot found =
      snapshot(sandbox(sandbox_number_) + below, {".slipway", fs::path(archive).filename()});
  EXPECT_GT(found.size(), 1U);
  EXPECT_EQ(differences(comparable(snapshot(reference + below), times, Modes::kMasked),
                        comparable(found, times, Modes::kAsFound)),
            "");
  for (const auto& [path, one] : found) {
    EXPECT_EQ(one.uid, as == As::kRoot ? 0 : kNobody) << quote(path);
  }
  fs::remove_all(sandbox(sandbox_number_));
}

// Many files, links of both kinds, rare modes; less than all of /usr/share, which is gigabytes on
// some hosts.
TEST_F(HonestArchives, WhatAHostHasIsTheSameAsByGnuTar) {
  const std::string archive = dir_ / "share.tar.gz";
  std::vector<std::string> pack{"tar", "-C", "/usr", "-I", "gzip -1", "-cf", archive};
  for (const char* part : {"share/man", "share/perl", "share/zoneinfo", "share/terminfo"}) {
    if (fs::exists(cat("/usr/", part))) pack.emplace_back(part);
  }
  do_it(pack);
  compare_tar(archive, "share");
  EXPECT_GT(std::distance(fs::recursive_directory_iterator(cat(dir_ / "reference", "/share")), {}),
            1000);
}

TEST_F(HonestArchives, ALargeTreeIsTheSameAsByUnzip) {
  const std::string archive = dir_ / "python.zip";
  do_it({"zip", "-qry1", archive, "python3"}, "/usr/lib");
  compare_zip(archive, "python3", As::kOrdinaryUser);
}

TEST_F(HonestArchives, EveryCompressionGivesTheSameTree) {
  for (const auto& [suffix, program] :
       {std::pair(".tar.bz2", "bzip2 -1"), std::pair(".tar.xz", "xz -1"),
        std::pair(".tar.zst", "zstd -3"), std::pair(".tar", "cat")}) {
    const std::string archive = dir_ / cat("python", suffix);
    do_it({"tar", "-C", "/usr/lib", "-I", program, "-cf", archive, "python3"});
    compare_tar(archive, "python3", As::kRootForUser);
  }
}

// Names, kinds, modes and times that are legal and rare.
class RareTree : public HonestArchives {
 protected:
  RareTree() {
    for (const char* name :
         {"-rf", "..evil", "...", " lead", "trail ", "a\\b", "new\nline", "\x1b[31m", "caf\xc3\xa9",
          "cafe\xcc\x81", "README", "readme", "*", "'"}) {
      dir_.write(cat("tree/names/", name), name);
    }
    dir_.write(cat("tree/", std::string(200, 'd'), "/", std::string(255, 'f')), "long");
    for (const unsigned mode : {0U, 0400U, 0444U, 0666U, 0777U, 04755U, 02755U, 01777U}) {
      dir_.write(cat("tree/modes/f", mode), "x", mode);
      dir_.write(cat("tree/modes/d", mode, "/in"), "x", mode);
      EXPECT_EQ(::chmod((dir_ / cat("tree/modes/d", mode)).c_str(), mode), 0);
    }
    dir_.write("tree/links/file", "content");
    const std::string links = dir_ / "tree/links/";
    for (const char* target : {"file", "nowhere", "/etc/passwd", "../..", ".", "caf\xc3\xa9"}) {
      EXPECT_EQ(::symlink(target, cat(links, "to ", fs::path(target).filename().string()).c_str()),
                0);
    }
    EXPECT_EQ(::link((links + "file").c_str(), (links + "hard").c_str()), 0);
    dir_.make_directory("tree/empty");
    dir_.write("tree/empty file", "");
    dir_.write("tree/big", std::string(3'000'000, 'b'));
    dir_.write("tree/sparse", "start");
    EXPECT_EQ(::truncate((dir_ / "tree/sparse").c_str(), 10 << 20), 0);
    const timespec old[] = {{0, 0}, {1'000'000'001, 123'456'789}};
    EXPECT_EQ(::utimensat(AT_FDCWD, (dir_ / "tree/big").c_str(), old, 0), 0);
    EXPECT_EQ(::utimensat(AT_FDCWD, (dir_ / "tree/empty").c_str(), old, 0), 0);
  }
};

TEST_F(RareTree, IsTheSameAsByGnuTarInEveryOneOfItsFormats) {
  // What only some of the formats can hold.
  dir_.write(cat("tree/not in ustar/", std::string(150, 'a'), "/", std::string(150, 'b')), "x");
  dir_.write("tree/latin-1 caf\xe9", "x");
  for (const std::vector<std::string>& format :
       {std::vector<std::string>{"--format=gnu"},
        {"--format=gnu", "--sparse"},
        {"--format=posix"},
        {"--format=posix", "--sparse"},
        {"--format=ustar", "--exclude=not in ustar", "--exclude=ddd*"},
        {"--format=v7", "--exclude=not in ustar", "--exclude=ddd*"}}) {
    std::vector<std::string> argv = {"tar", "-C", dir_.path(), "-cf", dir_ / "rare.tar"};
    argv.insert(argv.end(), format.begin(), format.end());
    argv.emplace_back("tree");
    SCOPED_TRACE(join(format, " "));
    do_it(argv);
    for (const As as : {As::kRoot, As::kRootForUser, As::kOrdinaryUser}) {
      compare_tar(dir_ / "rare.tar", "tree", as);
    }
  }
}

TEST_F(RareTree, IsTheSameAsByUnzip) {
  do_it({"env", "LC_ALL=C.UTF-8", "zip", "-qry", dir_ / "rare.zip", "tree"}, dir_.path());
  for (const As as : {As::kRoot, As::kRootForUser, As::kOrdinaryUser}) {
    compare_zip(dir_ / "rare.zip", "tree", as);
  }
}

// Promise: no helper program unpacks anything.
TEST_F(HonestArchives, NoProgramIsStartedButTheFetcherAndTheExecutor) {
  dir_.write("tree/file", "content");
  std::vector<std::string> uris;
  for (const char* name : {"a.tar.gz", "b.tar.bz2", "c.tar.xz", "d.tar.zst"}) {
    do_it({"tar", "-C", dir_.path(), "-caf", dir_ / name, "tree"});
    uris.push_back(uri(dir_ / name));
  }
  do_it({"zip", "-qr", dir_ / "e.zip", "tree"}, dir_.path());
  dir_.write("f", "content");
  do_it({"gzip", dir_ / "f"});
  uris.push_back(uri(dir_ / "e.zip"));
  uris.push_back(uri(dir_ / "f.gz"));
  const std::string trace = dir_ / "trace";
  in_front_ = {"strace", "-f",          "-qq", "-e", "trace=execve,execveat",
               "-e",     "signal=none", "-o",  trace};
  const auto result = run(program_entry("/bin/echo", R"("echo","started")", join(uris, ",")));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::vector<std::string> started;
  std::ifstream lines(trace);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("exec") == std::string::npos) continue;
    const std::size_t begin = line.find('[');
    started.push_back(line.substr(begin, line.find_first_of(",]", begin) - begin));
  }
  EXPECT_THAT(started,
              ElementsAre(HasSubstr("slipway"), HasSubstr("slipway-fetcher"), "[\"echo\""));
}

}  // namespace
}  // namespace slipway::tests
