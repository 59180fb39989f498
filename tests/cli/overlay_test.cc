// Cached archives in sandboxes by overlay: what tasks see of it, and of each other.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "sandbox/base/text.h"
#include "tests/cli/materialize_fixture.h"
#include "tests/support/tree_snapshot.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

INSTANTIATE_TEST_SUITE_P(Everybody, MaterializeAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& each) { return name_of(each.param); });

TEST_P(MaterializeAs, AnOverlayShowsTheTreeFromTheFirstLaunchOn) {
  const std::string path = archive();
  const std::string line =
      "cat app/data top lib/one; app/bin/run; grep -c slipway: /proc/self/mountinfo; "
      "stat -c %a app app/data app/bin/run";
  for (int launch = 0; launch < 3; ++launch) {
    const auto result = run_anew(with(line, {path}), {kOverlay}, GetParam());
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "datatoponeran\n2\n755\n644\n755\n") << launch;
    EXPECT_THAT(result.err, HasSubstr(launch == 0 ? "local" : "cache"));
  }
  EXPECT_THAT(trees(GetParam()), SizeIs(1));
  // On the host: mount points, and what is no directory.
  EXPECT_THAT(placed_now(), ElementsAre("app/", "lib/", "top"));
}

TEST_P(MaterializeAs, WhatTheExecutorDoesStaysItsOwn) {
  const std::string path = archive();
  ASSERT_EQ(run_anew(with("true", {path}), {kOverlay}, GetParam()).exit_code, 0);
  ASSERT_THAT(trees(GetParam()), SizeIs(1));
  const auto before = full_picture(snapshot(trees(GetParam()).front() + "/tree"));
  const std::string line =
      "echo new > app/data && rm app/old && chmod 700 app/bin/run && mkdir app/made && "
      "echo mine > app/made/file && mv lib/one lib/two && chmod -R u+w,go-rwx app lib top && "
      "find app lib -type f -exec sh -c 'echo x >> \"$1\"' sh {} \\; && rm -rf lib/* && "
      "ls app lib && cat app/data";
  const auto result = run_anew(with(line, {path}), {kOverlay}, GetParam());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "app:\nbin\ndata\nmade\n\nlib:\nnew\nx\n");
  EXPECT_EQ(differences(before, full_picture(snapshot(trees(GetParam()).front() + "/tree"))), "");
  EXPECT_EQ(cache_command("verify", GetParam()).exit_code, 0);
  // Real files on the host, the user's.
  EXPECT_EQ(read_file(upper("data")), "new\nx\n");
  EXPECT_EQ(read_file(upper("made/file")), "mine\nx\n");
  struct stat found {};
  ASSERT_EQ(::stat(upper("data").c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, GetParam() == As::kRoot ? 0 : kNobody);
  // The next launch begins with what the archive has.
  EXPECT_EQ(run_anew(with("cat app/data app/old", {path}), {kOverlay}, GetParam()).out, "dataold");
}

TEST_P(MaterializeAs, TwoTasksUponOneTreeEachSeeTheirOwnChanges) {
  const std::string path = archive();
  const auto first = start("echo first > app/data", "cat app/data", path, GetParam());
  const std::string go_first = go();
  const auto second = start("cat app/data; rm app/data", "ls app", path, GetParam());
  EXPECT_THAT(trees(GetParam()), SizeIs(1));
  EXPECT_THAT(let_go(*second, go()), HasSubstr("bin\nold\n"));
  EXPECT_THAT(let_go(*first, go_first), HasSubstr("first"));
}

TEST_P(MaterializeAs, ClearingTheCacheBreaksNoTaskAndADeadOneBlocksNothing) {
  const std::string path = archive();
  const auto running = start("true", "cat app/old lib/one", path, GetParam());
  EXPECT_EQ(cache_command("clear", GetParam()).exit_code, 0);
  EXPECT_THAT(trees(GetParam()), SizeIs(1));
  EXPECT_THAT(cache_command("ls", GetParam()).out, HasSubstr("in use"));
  EXPECT_THAT(let_go(*running, go()), HasSubstr("oldone"));
  EXPECT_EQ(cache_command("clear", GetParam()).exit_code, 0);
  EXPECT_THAT(trees(GetParam()), IsEmpty());
}

// By a backup, say. It stays for the task, and is in nobody's way.
TEST_P(MaterializeAs, ATreeThatIsTouchedWhileATaskUsesItIsReplacedOnce) {
  const std::string path = archive();
  const auto running = start("true", "cat app/old lib/one", path, GetParam());
  const std::string go_running = go();
  ASSERT_THAT(trees(GetParam()), SizeIs(1));
  const std::string app = trees(GetParam()).front() + "/tree/app";
  ASSERT_EQ(::utimensat(AT_FDCWD, app.c_str(), nullptr, 0), 0);
  for (int launch = 0; launch < 2; ++launch) {
    const auto result = run_anew(with("cat app/data", {path}), {kOverlay}, GetParam());
    EXPECT_EQ(result.out, "data") << result.err;
    EXPECT_THAT(result.err, Not(HasSubstr("without a cached tree")));
    EXPECT_THAT(trees(GetParam()), SizeIs(2));
  }
  EXPECT_EQ(cache_command("prune", GetParam()).exit_code, 0);
  EXPECT_THAT(trees(GetParam()), SizeIs(2));
  EXPECT_THAT(let_go(*running, go_running), HasSubstr("oldone"));
  EXPECT_EQ(cache_command("prune", GetParam()).exit_code, 0);
  EXPECT_THAT(trees(GetParam()), SizeIs(1));
}

TEST_P(MaterializeAs, MakingRoomForOthersBreaksNoTask) {
  dir_.write("tree/app/big", std::string(std::size_t{2} << 20, 'b'));
  const std::string path = archive("first.tar");
  const std::string settings = dir_.write("slipway.toml", "[cache]\nmax_size = \"8MiB\"\n");
  const auto running = start("true", "cat app/old lib/one; wc -c < app/big", path, GetParam());
  ASSERT_THAT(trees(GetParam()), SizeIs(1));
  const std::string held = trees(GetParam()).front();
  for (int i = 0; i < 4; ++i) {
    dir_.write("tree/app/data", cat("data", i));
    const std::string other = pack(cat("other", i, ".tar"), "tree");
    const auto result =
        run_anew(with("cat app/data", {other}), {kOverlay, "--settings", settings}, GetParam());
    EXPECT_EQ(result.out, cat("data", i)) << result.err;
  }
  EXPECT_THAT(trees(GetParam()), AllOf(::testing::Contains(held), SizeIs(::testing::Lt(5))));
  EXPECT_THAT(let_go(*running, dir_.path() + "/go1"), HasSubstr("oldone2097152"));
}

TEST_P(MaterializeAs, ADaemonThatATaskLeavesBehindKeepsTheTree) {
  const std::string path = archive();
  // Its mount namespace is the task's; everything else of it is gone.
  const std::string line =
      "setsid sh -c 'cd /; exec >/dev/null 2>&1 </dev/null; echo $$ > \"$0/app/pid\"; "
      "exec sleep 1000' \"$PWD\" & until [ -s app/pid ]; do sleep 0.02; done; cat app/pid";
  const auto result = run_anew(with(line, {path}), {kOverlay}, GetParam());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const int daemon = std::stoi(result.out);
  EXPECT_EQ(cache_command("clear", GetParam()).exit_code, 0);
  EXPECT_THAT(trees(GetParam()), SizeIs(1));
  EXPECT_EQ(read_file(cat("/proc/", daemon, "/root", sandbox(sandbox_number_), "/app/old")), "old");
  ASSERT_EQ(::kill(daemon, SIGKILL), 0);
  for (int i = 0; i < 100 && !trees(GetParam()).empty(); ++i) {
    ::usleep(20'000);
    cache_command("clear", GetParam());
  }
  EXPECT_THAT(trees(GetParam()), IsEmpty());
}

// A process that its own user cannot look into, in a user namespace of its own.
TEST_F(Materialize, RootSeesThatAProcessThatIsNotDumpableUsesATree) {
  const std::string hidden = dir_ / "hidden";
  std::filesystem::copy_file("/bin/sleep", hidden);
  ASSERT_EQ(::chmod(hidden.c_str(), 0111), 0);
  const std::string entry =
      dir_.write("entry", with(cat("echo ready; exec ", hidden, " 1000"), {archive()}));
  make_sandbox(As::kRootForUser);
  RunningProgram program(command(
      {"run", entry, "--sandbox", sandbox(), "--cache-dir", cache(As::kRootForUser), kOverlay},
      As::kRootForUser));
  program.line("ready");
  const std::string process = cat("/proc/", program.pid());
  for (int i = 0; i < 500 && std::filesystem::read_symlink(process + "/exe") != hidden; ++i) {
    ::usleep(10'000);
  }
  struct stat found {};
  ASSERT_EQ(::stat((process + "/environ").c_str(), &found), 0);
  ASSERT_EQ(found.st_uid, 0U) << "so it is not dumpable";
  for (const char* hiding : {"off", "invisible"}) {
    in_front_ = {"unshare",
                 "-m",
                 "sh",
                 "-c",
                 cat("mount -t proc -o hidepid=", hiding, " proc /proc && exec \"$@\""),
                 "sh"};
    EXPECT_EQ(cache_command("clear", As::kRootForUser).exit_code, 0) << hiding;
    EXPECT_THAT(trees(As::kRootForUser), SizeIs(1)) << hiding;
  }
  in_front_.clear();
}

TEST_P(MaterializeAs, AShellReopensTheOverlaysWithWhatWasChanged) {
  const std::string path = archive();
  ASSERT_EQ(run_anew(with("echo changed > app/data; rm lib/one", {path}), {kOverlay}, GetParam())
                .exit_code,
            0);
  const auto shell =
      slipway({"shell", sandbox(sandbox_number_), "--", "sh", "-c", "cat app/data app/old; ls lib"},
              GetParam());
  EXPECT_EQ(shell.exit_code, 0) << shell.err;
  EXPECT_EQ(shell.out, "changed\nold");
}

TEST_P(MaterializeAs, AVolumeMayLieInAnOverlay) {
  const std::string path = archive();
  const std::string host = dir_.make_directory("host");
  dir_.write("host/file", "of the host");
  const auto result =
      run_anew(shell_entry("cat app/bin/deep/file lib/one", uri(path, R"("cache":true)"),
                           cat(R"("volume_mounts":[{"host_path":")", host,
                               R"(","container_path":"app/bin/deep","mode":"RO"}])")),
               {kOverlay}, GetParam());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "of the hostone");
}

// For which the root directory is another one than that in which the overlays were made.
TEST_P(MaterializeAs, AVolumeMayExtendTheRootBesideOverlays) {
  const std::string path = archive();
  const std::string host = dir_.make_directory("host");
  dir_.write("host/file", "of the host");
  const auto result =
      run_anew(shell_entry("cat /made/by/slipway/file app/data; echo x > app/data; cat app/data",
                           uri(path, R"("cache":true)"),
                           cat(R"("volume_mounts":[{"host_path":")", host,
                               R"(","container_path":"/made/by/slipway","mode":"RO"}])")),
               {kOverlay}, GetParam());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "of the hostdatax\n");
}

TEST_P(MaterializeAs, InASandboxThatIsMountedNoexecNothingOfAnOverlayIsExecuted) {
  const std::string place = dir_.make_directory("noexec");
  ASSERT_EQ(::mount("none", place.c_str(), "tmpfs", MS_NOEXEC, "mode=1777"), 0);
  const std::string entry = dir_.write("entry", with("cat app/data; app/bin/run", {archive()}));
  const auto result =
      slipway({"run", entry, "--sandbox", place + "/s", "--cache-dir", cache(GetParam()), kOverlay},
              GetParam());
  EXPECT_EQ(result.exit_code, 126) << result.err;
  EXPECT_EQ(result.out, "data");
  EXPECT_THAT(result.err, HasSubstr("Permission denied"));
  run_program({"chmod", "-R", "u+rwx", place});
  EXPECT_EQ(::umount2(place.c_str(), 0), 0);
}

TEST_F(Materialize, AShellIsRefusedWhileATaskStillHasTheOverlaysMounted) {
  const std::string path = archive();
  const auto running = start("true", "true", path, As::kRoot);
  // The lock of the sandbox went with exec.
  const auto shell = slipway({"shell", sandbox(sandbox_number_), "--", "true"});
  EXPECT_EQ(shell.exit_code, 125);
  EXPECT_THAT(shell.err, AllOf(HasSubstr("still has mounted"), HasSubstr("nsenter")));
  let_go(*running, go());
  EXPECT_EQ(slipway({"shell", sandbox(sandbox_number_), "--", "true"}).exit_code, 0);
}

TEST_F(Materialize, AShellSaysSoWhereTheTreeIsGone) {
  ASSERT_EQ(run_anew(with("true", {archive()}), {kOverlay}).exit_code, 0);
  ASSERT_EQ(cache_command("clear").exit_code, 0);
  const auto shell = slipway({"shell", sandbox(sandbox_number_), "--", "true"});
  EXPECT_EQ(shell.exit_code, 125);
  EXPECT_THAT(shell.err, HasSubstr("the cache has no longer what 'app' comes from"));
}

TEST_F(Materialize, OfSeveralArchivesTheLaterOnesFilesCount) {
  const std::string first = archive();
  dir_.write("other/app/data", "newer");
  dir_.write("other/app/more", "more");
  const std::string second = pack("b.tar.gz", "other");
  const std::string line = "cat app/data app/old app/more; grep -c slipway: /proc/self/mountinfo";
  for (int launch = 0; launch < 2; ++launch) {
    EXPECT_EQ(run_anew(with(line, {first, second}), {kOverlay}).out, "neweroldmore2\n");
  }
  EXPECT_EQ(run_anew(with(line, {second, first}), {kOverlay}).out, "dataoldmore2\n");
}

// As a layer it is there once: the kernel takes none twice.
TEST_F(Materialize, TheSameArchiveMayComeTwice) {
  const std::string first = archive();
  const std::string again = dir_ / "again.tar.gz";
  std::filesystem::copy_file(first, again);
  dir_.write("other/app/data", "other");
  const std::string other = pack("other.tar.gz", "other");
  const auto twice = run_anew(with("cat app/data lib/one", {first, again}), {kOverlay});
  EXPECT_EQ(twice.out, "dataone") << twice.err;
  const auto around = run_anew(with("cat app/data", {first, other, again}), {kOverlay});
  EXPECT_EQ(around.out, "data") << around.err;
}

TEST_F(Materialize, WhereSomethingElseIsInADirectoryItIsCopied) {
  const std::string path = archive();
  const std::string file = dir_.write("plain", "plain");
  // A file that another URI places there.
  auto result = run_anew(
      shell_entry("cat app/data app/plain; grep -c slipway: /proc/self/mountinfo",
                  cat(uri(path, R"("cache":true)"), ",",
                      uri(file, R"("cache":true,"extract":false,"output_file":"app/plain")"))),
      {kOverlay});
  EXPECT_EQ(result.out, "dataplain1\n") << result.err;
  // An archive that does not go through the cache.
  dir_.write("other/lib/more", "more");
  result =
      run_anew(shell_entry("cat lib/one lib/more; grep -c slipway: /proc/self/mountinfo",
                           cat(uri(path, R"("cache":true)"), ",", uri(pack("b.tar.gz", "other")))),
               {kOverlay});
  EXPECT_EQ(result.out, "onemore1\n") << result.err;
  // The sandbox had it.
  ++sandbox_number_;
  make_sandbox(As::kRoot, sandbox_number_);
  std::filesystem::create_directory(sandbox(sandbox_number_) + "/app");
  std::ofstream(sandbox(sandbox_number_) + "/app/mine") << "mine";
  result = run(with("cat app/mine app/data lib/one; grep -c slipway: /proc/self/mountinfo", {path}),
               As::kRoot, {kOverlay});
  EXPECT_EQ(result.out, "minedataone1\n") << result.err;
}

TEST_F(Materialize, AnArchiveWithVeryManyDirectoriesIsCopied) {
  EXPECT_THAT(run_anew(with("true", {archive()}), {kOverlay}).err, HasSubstr("for overlays"));
  for (int i = 0; i < 65; ++i) dir_.write(cat("many/d", i, "/file"), cat(i, ' '));
  const std::string path = pack("many.tar", "many");
  for (int launch = 0; launch < 2; ++launch) {
    const auto result = run_anew(
        with("cat d7/file d64/file; grep -c slipway: /proc/self/mountinfo", {path}), {kOverlay});
    EXPECT_EQ(result.out, "7 64 0\n") << result.err;
    EXPECT_THAT(result.err, Not(HasSubstr("for overlays")));
  }
}

TEST_F(Materialize, ASandboxHasNoMoreOverlaysThanItsDescriptorsAreEnoughFor) {
  std::vector<std::string> archives;
  for (int i = 0; i < 7; ++i) {
    const std::string from = cat("many", i);
    for (int d = 0; d < 60; ++d) dir_.write(cat(from, "/d", i, '-', d, "/file"), "x");
    archives.push_back(pack(from + ".tar", from));
  }
  const std::string line = "grep -c slipway: /proc/self/mountinfo; cat d*/file | wc -c; ulimit -n";
  in_front_ = {"/usr/bin/prlimit", "--nofile=384:1024"};
  for (int launch = 0; launch < 2; ++launch) {
    const auto result = run_anew(with(line, archives), {kOverlay});
    EXPECT_EQ(result.out, "256\n420\n384\n") << result.err;
  }
}

TEST_F(Materialize, ASecondLaunchInASandboxBeginsAnewAndLosesNothing) {
  const std::string path = archive();
  ASSERT_EQ(run_anew(with("echo first > app/data", {path}), {kOverlay}).exit_code, 0);
  const auto again = run(with("cat app/data", {path}), As::kRoot, {kOverlay});
  EXPECT_EQ(again.out, "data") << again.err;
  EXPECT_EQ(read_file(upper("data")), "first\n");
  // One without overlays fills the mount points.
  const auto plain = run(with("cat app/data", {path}), As::kRoot, {"--materialize=copy"});
  EXPECT_EQ(plain.out, "data") << plain.err;
  EXPECT_TRUE(exists(sandbox(sandbox_number_) + "/app/data"));
  const auto shell = slipway(
      {"shell", sandbox(sandbox_number_), "--", "grep", "-c", "slipway:", "/proc/self/mountinfo"});
  EXPECT_EQ(shell.out, "0\n") << shell.err;
}

}  // namespace
}  // namespace slipway::tests
