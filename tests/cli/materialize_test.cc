// Cached archives in sandboxes: by overlay, by copies, and what becomes of the cache meanwhile.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "fetcher/base/file_identity.h"
#include "sandbox/base/sys.h"
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
      "exec sleep 1000' \"$PWD\" & sleep 0.5; cat app/pid";
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
  for (int i = 0; i < 65; ++i) dir_.write(cat("many/d", i, "/file"), cat(i, ' '));
  const std::string path = pack("many.tar", "many");
  for (int launch = 0; launch < 2; ++launch) {
    const auto result = run_anew(
        with("cat d7/file d64/file; grep -c slipway: /proc/self/mountinfo", {path}), {kOverlay});
    EXPECT_EQ(result.out, "7 64 0\n") << result.err;
    EXPECT_THAT(result.err, Not(HasSubstr("as overlays")));
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

TEST_F(Materialize, AChangedTreeIsMadeAnew) {
  const std::string path = archive();
  ASSERT_EQ(run_anew(with("true", {path}), {kOverlay}).exit_code, 0);
  std::filesystem::remove(trees().front() + "/tree/app/data");
  for (const char* way : {"--materialize=overlay", "--materialize=copy"}) {
    const auto result = run_anew(with("cat app/data", {path}), {way});
    EXPECT_EQ(result.out, "data") << result.err;
  }
  EXPECT_EQ(cache_command("verify").exit_code, 0);
}

TEST_F(Materialize, AChangedFileAtTheTopOrInACopiedDirectoryIsUnpackedAnew) {
  const std::string path = archive();
  ASSERT_EQ(run_anew(with("true", {path}), {kOverlay}).exit_code, 0);
  std::ofstream(trees().front() + "/tree/top") << "tOp";
  auto result = run_anew(with("cat top app/data", {path}), {kOverlay});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "topdata");
  EXPECT_THAT(result.err, HasSubstr("changed in the cache"));
}

TEST_F(Materialize, VerifyComparesEveryFileOfATree) {
  ASSERT_EQ(run_anew(with("true", {archive()}), {kOverlay}).exit_code, 0);
  const auto good = cache_command("verify");
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_THAT(good.out, HasSubstr("1 trees"));
  std::ofstream(trees().front() + "/tree/app/data") << "dAta";
  const auto bad = cache_command("verify");
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.out, AllOf(HasSubstr("damaged (removed)"), HasSubstr("a.tar.gz")));
  EXPECT_THAT(trees(), IsEmpty());
}

TEST_F(Materialize, TheReportSaysWhereTheFilesCameFrom) {
  const std::string path = archive();
  ASSERT_EQ(run_anew(with("true", {path}), {kOverlay}).exit_code, 0);
  const auto overlaid = read_file(sandbox(sandbox_number_) + "/.slipway/report.jsonl");
  EXPECT_THAT(overlaid, AllOf(HasSubstr(R"("tree":"overlay")"), HasSubstr(R"("overlays":2)")));
  const auto copied = run_anew(with("true", {path}), {"--materialize=auto"});
  EXPECT_THAT(copied.err, HasSubstr("unpacked in the cache, 8 entries"));
  EXPECT_THAT(read_file(sandbox(sandbox_number_) + "/.slipway/report.jsonl"),
              AllOf(HasSubstr(R"("tree":"copy")"), Not(HasSubstr("overlays"))));
}

TEST_F(Materialize, LsAndDuShowTrees) {
  ASSERT_EQ(run_anew(with("true", {archive()}), {kOverlay}).exit_code, 0);
  EXPECT_THAT(cache_command("ls").out, HasSubstr("unpacked " + dir_.path() + "/a.tar.gz"));
  const auto list = nlohmann::json::parse(cache_command("ls", As::kRoot, {"--format=json"}).out);
  ASSERT_EQ(list["trees"].size(), 1U) << list;
  EXPECT_EQ(list["trees"][0]["in_use"], false);
  EXPECT_EQ(list["trees"][0]["sha256"], list["entries"][0]["sha256"]);
  const auto totals = nlohmann::json::parse(cache_command("du", As::kRoot, {"--format=json"}).out);
  EXPECT_EQ(totals["trees"], 1);
  EXPECT_GT(totals["tree_bytes"], 0);
}

TEST_F(Materialize, APrefetchMakesTheTreeForTheLaunchesToCome) {
  const std::string path = archive();
  const auto fetched = slipway({"fetch", dir_.write("entry", with("true", {path})), "--prefetch",
                                "--cache-dir", cache(As::kRoot), kOverlay});
  EXPECT_EQ(fetched.exit_code, 0) << fetched.err;
  EXPECT_THAT(trees(), SizeIs(1));
}

TEST_F(Materialize, FetchMountsNothingAndCopies) {
  const std::string path = archive();
  make_sandbox(As::kRoot);
  const auto fetched = slipway({"fetch", dir_.write("entry", with("true", {path})), "--sandbox",
                                sandbox(), "--cache-dir", cache(As::kRoot), kOverlay});
  EXPECT_EQ(fetched.exit_code, 0) << fetched.err;
  EXPECT_EQ(read_file(sandbox() + "/app/data"), "data");
}

TEST_F(Materialize, ACopyComesFromTheTreeWhereThereIsOne) {
  const std::string path = archive();
  ASSERT_EQ(run_anew(with("true", {path}), {kOverlay}).exit_code, 0);
  const auto copied = run_anew(
      with("cat app/data top lib/one; app/bin/run; grep -c slipway: /proc/self/mountinfo", {path}),
      {"--materialize=auto"});
  EXPECT_EQ(copied.out, "datatoponeran\n0\n") << copied.err;
  EXPECT_THAT(copied.err, HasSubstr("unpacked in the cache"));
  EXPECT_TRUE(exists(sandbox(sandbox_number_) + "/app/bin/run"));
}

// Whoever may write to the cache can change a tree with all that is known of it, but not what an
// archive's hash is.
TEST_F(Materialize, WhereEveryByteIsToBeCopiedATreeIsNotTrusted) {
  const std::string path = archive();
  ASSERT_EQ(run_anew(with("true", {path}), {kOverlay}).exit_code, 0);
  const auto copied = run_anew(with("cat app/data", {path}), {"--materialize=copy"});
  EXPECT_EQ(copied.out, "data") << copied.err;
  EXPECT_THAT(copied.err, Not(HasSubstr("unpacked in the cache")));
  EXPECT_THAT(read_file(sandbox(sandbox_number_) + "/.slipway/report.jsonl"),
              Not(HasSubstr(R"("tree")")));
}

TEST_F(Materialize, WhereEveryByteIsCopiedNoTreeIsMade) {
  const std::string path = archive();
  for (int launch = 0; launch < 3; ++launch) {
    ASSERT_EQ(run_anew(with("true", {path}), {"--materialize=copy"}).exit_code, 0);
  }
  EXPECT_THAT(trees(), IsEmpty());
}

TEST_F(Materialize, ReflinkAloneIsAnErrorWhereItCannotBeHad) {
  const std::string path = archive();
  const std::string shm = "/dev/shm/slipway-materialize-test";
  std::filesystem::remove_all(shm);
  ASSERT_EQ(::mkdir(shm.c_str(), 0700), 0);
  const auto result =
      slipway({"run", dir_.write("entry", with("true", {path})), "--sandbox", shm + "/s",
               "--cache-dir", cache(As::kRoot), "--materialize=reflink"});
  const auto again = slipway({"run", dir_ / "entry", "--sandbox", shm + "/s", "--cache-dir",
                              cache(As::kRoot), "--materialize=reflink"});
  EXPECT_EQ(again.exit_code, 125) << again.err;
  EXPECT_THAT(again.err, AllOf(HasSubstr("reflink"), HasSubstr("--materialize=auto")));
  std::filesystem::remove_all(shm);
}

TEST_F(Materialize, ThePlanSaysWhichWayAndWhyNot) {
  const std::string entry = dir_.write("entry", with("true", {archive()}));
  const auto plan = [&](const std::vector<std::string>& words) {
    std::vector<std::string> all{"plan", entry, "--cache-dir", cache(As::kRoot)};
    all.insert(all.end(), words.begin(), words.end());
    return slipway(all).out;
  };
  EXPECT_THAT(plan({}), HasSubstr("into the sandbox by reflink, or copy"));
  EXPECT_THAT(plan({kOverlay}), AllOf(HasSubstr("by overlay for the directories"),
                                      HasSubstr("mount an overlay on each directory")));
  const auto settings = dir_.write("slipway.toml", "[cache]\nmaterialize = \"overlay,copy\"\n");
  EXPECT_THAT(plan({"--settings", settings}), HasSubstr("overlay on each"));
  EXPECT_THAT(slipway({"plan", entry, "--no-cache", "--settings", settings}).out,
              Not(HasSubstr("overlay on each")));
}

TEST_F(Materialize, AWordThatIsNoneIsAMistakeOfUsage) {
  const auto result = run(with("true", {archive()}), As::kRoot, {"--materialize=bind"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("'bind' is not one of auto, copy, reflink, overlay"));
}

// --- file systems that share blocks ------------------------------------------------------------

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
