// Trees and overlays when something goes wrong: kills, a hostile user, hosts that cannot.
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fetcher/base/digest.h"
#include "sandbox/base/text.h"
#include "tests/cli/held_call.h"
#include "tests/cli/materialize_fixture.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class OverlayFault : public Materialize {
 protected:
  // What starts a program that is killed when it calls that for the so-manieth time.
  void kill_at(std::string_view call, int when) { inject(cat(call, ":signal=KILL:when=", when)); }
  [[nodiscard]] std::vector<std::string> unpacking() const {
    std::vector<std::string> out;
    for (const auto& each : fs::directory_iterator(cache(As::kRoot) + "/v1/unpacking")) {
      out.push_back(each.path());
    }
    return out;
  }
  void open_up(const std::string& path) { run_program({"chmod", "-R", "u+rwx", path}); }
};

class OverlayFaultAs : public OverlayFault, public ::testing::WithParamInterface<As> {};

INSTANTIATE_TEST_SUITE_P(Everybody, OverlayFaultAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& each) { return name_of(each.param); });

// --- killed --------------------------------------------------------------------------------------

TEST_F(OverlayFault, AKillAtAnyStepOfAnEvictionLeavesATreeOrNone) {
  const std::string entry = with("cat app/data top", {archive()});
  std::map<std::string, int> killed;
  for (const char* call : {"fchmodat", "chmod", "renameat", "unlinkat", "pwrite64"}) {
    bool again_killed = true;
    for (int when = 1; again_killed; ++when) {
      ASSERT_EQ(run_anew(entry, {kOverlay}).exit_code, 0);
      kill_at(call, when);
      const int ended = cache_command("clear").exit_code;
      ASSERT_THAT(ended, AnyOf(0, 128 + SIGKILL)) << call << when;
      again_killed = ended != 0;
      killed[call] += again_killed ? 1 : 0;
      in_front_.clear();
      EXPECT_EQ(cache_command("verify").exit_code, 0) << call << when;
      const auto again = run_anew(entry, {kOverlay});
      EXPECT_EQ(again.out, "datatop") << call << when << again.err;
    }
  }
  for (const char* call : {"renameat", "unlinkat"}) EXPECT_GT(killed[call], 0) << call;
  ASSERT_EQ(cache_command("clear").exit_code, 0);
  EXPECT_THAT(trees(), IsEmpty());
  EXPECT_THAT(unpacking(), IsEmpty());
}

// Between the end of the fetch stage, whose lock goes with it, and the launcher's own lock.
TEST_P(OverlayFaultAs, ATreeThatIsRemovedBetweenFetchingAndMountingIsFetchedAgain) {
  const std::string entry = dir_.write("entry", with("cat app/data top", {archive()}));
  ++sandbox_number_;
  make_sandbox(GetParam(), sandbox_number_);
  inject("wait4:delay_exit=3000000:when=1");
  RunningProgram::Setup setup;
  if (GetParam() == As::kOrdinaryUser) setup.user = RunOptions::Ids{kNobody, kNobody};
  RunningProgram program(command({"run", entry, "--sandbox", sandbox(sandbox_number_),
                                  "--cache-dir", cache(GetParam()), kOverlay},
                                 GetParam()),
                         setup);
  in_front_.clear();
  const std::string noted = sandbox(sandbox_number_) + "/.slipway/overlays.json";
  for (int i = 0; i < 3000 && !exists(noted); ++i) ::usleep(10'000);
  ASSERT_TRUE(exists(noted));
  for (int i = 0; i < 100 && !trees(GetParam()).empty(); ++i) {
    cache_command("clear", GetParam());
    ::usleep(10'000);
  }
  EXPECT_THAT(trees(GetParam()), IsEmpty());
  EXPECT_EQ(program.wait(), 0) << program.err();
  EXPECT_EQ(program.out(), "datatop");
  EXPECT_THAT(trees(GetParam()), SizeIs(1));
}

// --- too little of something ---------------------------------------------------------------------

// A tree is removed for what it is, never for what its user lacks at the moment: it may be what an
// earlier sandbox stands on.
TEST_P(OverlayFaultAs, AnErrorThatSaysNothingOfTheTreeLeavesItInTheCache) {
  const std::string entry = with("cat app/data top", {archive()});
  ASSERT_EQ(run_anew(entry, {kOverlay}, GetParam()).out, "datatop");
  const std::string mine = sandbox(sandbox_number_);
  const auto reopen = [&] {
    return slipway({"shell", mine, "-q", "--", "cat", "app/data"},
                   GetParam() == As::kRootForUser ? As::kRoot : GetParam());
  };
  for (const char* error : {"EMFILE", "EACCES"}) {
    // Whether the host was started anew since, which decides how closely a tree is looked at.
    inject(cat("openat:error=", error), "/proc/sys/kernel/random/boot_id");
    const auto denied = reopen();
    EXPECT_EQ(denied.exit_code, 125);
    EXPECT_THAT(denied.err, HasSubstr("boot_id"));
    in_front_.clear();
    EXPECT_THAT(trees(GetParam()), SizeIs(1)) << error;
    const auto again = reopen();
    EXPECT_EQ(again.out, "data") << error << again.err;
  }
}

TEST_P(OverlayFaultAs, ASandboxWithoutRoomLeavesTheTreeInTheCache) {
  const std::string entry = with("cat app/data", {archive()});
  ASSERT_EQ(run_anew(entry, {kOverlay}, GetParam()).out, "data");
  make_sandbox(GetParam(), ++sandbox_number_);
  const std::string cramped = sandbox(sandbox_number_);
  const uid_t owner = GetParam() == As::kRoot ? 0 : kNobody;
  ASSERT_EQ(::mount("tmpfs", cramped.c_str(), "tmpfs", MS_NOSUID | MS_NODEV,
                    cat("nr_inodes=9,mode=0755,uid=", owner, ",gid=", owner).c_str()),
            0);
  const auto result = run(entry, GetParam(), {"--materialize=copy"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("No space left on device"));
  EXPECT_THAT(trees(GetParam()), SizeIs(1));
  EXPECT_EQ(::umount(cramped.c_str()), 0);
}

// What cannot be looked at is not what is not there: nothing runs beside a part of its files.
TEST_P(OverlayFaultAs, ASandboxWhoseOverlaysCannotBeLookedAtIsNotReopened) {
  ASSERT_EQ(run_anew(with("cat app/data", {archive()}), {kOverlay}, GetParam()).out, "data");
  const std::string mine = sandbox(sandbox_number_);
  inject("newfstatat:error=EIO", mine + "/.slipway/overlays.json");
  const auto denied = slipway({"shell", mine, "-q", "--", "ls"},
                              GetParam() == As::kRootForUser ? As::kRoot : GetParam());
  EXPECT_EQ(denied.exit_code, 125);
  EXPECT_EQ(denied.out, "");
  EXPECT_THAT(denied.err, AllOf(HasSubstr("overlays.json"), HasSubstr("Input/output error")));
}

// It says nothing about the tree.
TEST_F(OverlayFault, AFullSandboxIsNoReasonToRemoveATree) {
  dir_.write("tree/large", std::string(std::size_t{4} << 20, 'l'));
  const std::string entry = with("true", {archive()});
  ASSERT_EQ(run_anew(entry, {kOverlay}).exit_code, 0);
  const std::string small = dir_.make_directory("small");
  ASSERT_EQ(::mount("none", small.c_str(), "tmpfs", 0, "size=1m,mode=0700"), 0);
  for (const char* way : {"copy", "overlay"}) {
    const auto result = slipway({"run", dir_.write("entry", entry), "--sandbox", small,
                                 "--cache-dir", cache(As::kRoot), cat("--materialize=", way)});
    EXPECT_EQ(result.exit_code, 125) << result.err;
    EXPECT_THAT(trees(), SizeIs(1)) << way;
  }
  EXPECT_EQ(::umount2(small.c_str(), MNT_DETACH), 0);
}

TEST_F(OverlayFault, NoTreeStaysLockedWhileOthersAreDeleted) {
  const std::string first = archive("first.tar");
  dir_.write("tree/app/data", "other");
  const std::string second = pack("second.tar", "tree");
  const auto made = run_anew(with("true", {first, second}), {kOverlay});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  ASSERT_THAT(trees(), SizeIs(2));
  inject("unlinkat:delay_enter=500000");
  RunningProgram clearing(command({"cache", "clear", "--cache-dir", cache(As::kRoot)}, As::kRoot));
  in_front_.clear();
  for (int i = 0; i < 2000 && trees().size() == 2; ++i) ::usleep(5'000);
  for (int i = 0; i < 20 && !trees().empty(); ++i) ::usleep(50'000);
  EXPECT_THAT(trees(), IsEmpty());
  EXPECT_THAT(unpacking(), Not(IsEmpty())) << "all are deleted later";
  EXPECT_EQ(clearing.wait(), 0) << clearing.err();
  EXPECT_THAT(unpacking(), IsEmpty());
}

// As long as it is at work.
TEST_F(OverlayFault, WhoeverWaitsForATreeHasPatienceWithItsMaker) {
  for (int i = 0; i < 10; ++i) dir_.write(cat("many/app/", i), std::string(300'000, 'm'));
  const std::string entry = with("ls app | wc -l", {pack("many.tar", "many")});
  ASSERT_EQ(run_anew(entry, {"--materialize=copy"}).exit_code, 0);
  const std::string settings = dir_.write("slipway.toml", "[cache]\nlock_timeout = \"4s\"\n");
  inject("pwrite64:delay_enter=600000");
  ++sandbox_number_;
  make_sandbox(As::kRoot, sandbox_number_);
  RunningProgram making(
      command({"run", dir_.write("entry", entry), "--sandbox", sandbox(sandbox_number_),
               "--cache-dir", cache(As::kRoot), kOverlay},
              As::kRoot));
  in_front_.clear();
  for (int i = 0; i < 2000 && unpacking().empty(); ++i) ::usleep(5'000);
  ASSERT_THAT(unpacking(), SizeIs(1));
  const auto waiting = run_anew(entry, {kOverlay, "--settings", settings});
  EXPECT_EQ(waiting.out, "10\n") << waiting.err;
  EXPECT_THAT(read_file(sandbox(sandbox_number_) + "/.slipway/report.jsonl"),
              HasSubstr(R"("tree":"overlay")"));
  EXPECT_EQ(making.wait(), 0) << making.err();
  EXPECT_THAT(trees(), SizeIs(1));
}

// The launcher has served the archive already, and leaves the rest to slipway-fetcher.
TEST_F(OverlayFault, ATreeThatIsRemovedBetweenLauncherAndFetcherIsMadeAnew) {
  const std::string file = dir_.write("plain", "plain");
  const std::string entry =
      shell_entry("cat app/data plain",
                  cat(uri(archive(), R"("cache":true)"), ",", uri(file, R"("cache":true)")));
  ASSERT_EQ(run_anew(entry, {kOverlay}).exit_code, 0);
  const std::string object = cat(cache(As::kRoot), "/v1/objects/", fetcher::sha256_hex("plain"));
  ASSERT_EQ(::chmod(object.c_str(), 0600), 0);
  std::ofstream(object) << "pla1n";
  ++sandbox_number_;
  make_sandbox(As::kRoot, sandbox_number_);
  HeldCall handing_over(dir_, "memfd_create");
  RunningProgram program(handing_over.command(
      command({"run", dir_.write("entry", entry), "--sandbox", sandbox(sandbox_number_),
               "--cache-dir", cache(As::kRoot), kOverlay, "--parallel=1"},
              As::kRoot)));
  handing_over.is_reached();
  cache_command("clear");
  ASSERT_THAT(trees(), IsEmpty());
  EXPECT_EQ(program.wait(), 0) << program.err();
  EXPECT_EQ(program.out(), "dataplain");
  EXPECT_THAT(program.err(), HasSubstr("was removed just now: fetching it anew"));
}

// --- hostile -------------------------------------------------------------------------------------

// The cache and the sandbox are the user's to change: nothing in them leads root anywhere.
TEST_F(OverlayFault, AHostileTreeLeadsRootNowhere) {
  const std::string secrets = dir_.make_directory("secrets/app", 0700);
  dir_.write("secrets/app/data", "secret", 0600);
  ::chmod((dir_ / "secrets").c_str(), 0700);
  const std::string entry = with("cat app/data", {archive()});
  const auto expect_served = [&](std::string_view what) {
    const auto result = run_anew(entry, {kOverlay}, As::kRootForUser);
    EXPECT_EQ(result.out, "data") << what << result.err;
  };
  expect_served("the first");
  for (const std::string part : {"/tree", "/manifest", "/record", "/tree/app", ""}) {
    ASSERT_THAT(trees(As::kRootForUser), SizeIs(1)) << part;
    const std::string tree = trees(As::kRootForUser).front();
    open_up(tree);
    fs::remove_all(tree + part);
    fs::create_symlink(part == "/tree/app" ? secrets : dir_ / "secrets", tree + part);
    if (part == "/tree/app") ::chmod((tree + "/tree").c_str(), 0500);
    expect_served(part);
    if (fs::is_symlink(tree)) fs::remove(tree);
    expect_served("anew");
    if (part.empty()) continue;
    const std::string now = trees(As::kRootForUser).front();
    open_up(now);
    fs::remove_all(now + part);
    ASSERT_EQ(::mkfifo((now + part).c_str(), 0666), 0);
    expect_served(part + ", a fifo");
  }
  EXPECT_EQ(read_file(dir_ / "secrets/app/data"), "secret");
  EXPECT_EQ(mode_of(secrets), 0700U);
}

TEST_F(OverlayFault, AHostileSandboxLeadsRootNowhere) {
  const std::string host = dir_.make_directory("roots/upper", 0755);
  dir_.make_directory("roots/work", 0755);
  ASSERT_EQ(run_anew(with("true", {archive()}), {kOverlay}, As::kRootForUser).exit_code, 0);
  const std::string mine = sandbox(sandbox_number_);
  const std::string noted = mine + "/.slipway/overlays.json";
  const std::string good = read_file(noted);
  const auto reopen = [&] {
    return slipway({"shell", mine, "--", "sh", "-c", "echo x > app/planted; cat app/data"});
  };
  const auto replace = [&](std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  ASSERT_EQ(reopen().out, "data") << "as it is";
  for (const std::string& bad :
       {std::string("{"), replace(good, R"("name":"app")", R"("name":"../app")"),
        replace(good, R"("name":"app")", R"("name":".slipway")"),
        replace(good, R"("name":"app")", R"("name":"app/bin")"),
        replace(good, R"("number":1)", R"("number":7)"),
        replace(good, R"("trees":[")", R"("trees":["../../../../secrets)"),
        replace(good, R"("cache":"/)", R"("cache":"/etc/)")}) {
    std::ofstream(noted, std::ios::trunc) << bad;
    const auto result = reopen();
    EXPECT_EQ(result.exit_code, 125) << bad << result.out;
    EXPECT_THAT(result.out, IsEmpty());
  }
  std::ofstream(noted, std::ios::trunc) << good;
  EXPECT_EQ(reopen().out, "data");
  // The place of what is written leads elsewhere.
  const std::string place = mine + "/.slipway/overlay/1/0";
  open_up(place);
  fs::remove_all(place);
  fs::create_directory_symlink(dir_ / "roots", place);
  EXPECT_EQ(reopen().exit_code, 125);
  EXPECT_FALSE(exists(host + "/planted"));
  // The mount point does.
  fs::remove(place);
  fs::create_directories(place + "/upper");
  fs::create_directories(place + "/work");
  run_program({"chown", "-R", "nobody:nogroup", place});
  fs::remove_all(mine + "/app");
  fs::create_directory_symlink(host, mine + "/app");
  EXPECT_EQ(reopen().exit_code, 125);
  EXPECT_FALSE(exists(host + "/planted"));
}

// Not the user's, and so nothing that an overlay would write to for them.
TEST_F(OverlayFault, ADirectoryOfRootsIsNoUpperLayer) {
  ASSERT_EQ(run_anew(with("true", {archive()}), {kOverlay}, As::kRootForUser).exit_code, 0);
  const std::string mine = sandbox(sandbox_number_);
  const std::string upper = mine + "/.slipway/overlay/1/0/upper";
  ASSERT_EQ(::chown(upper.c_str(), 0, 0), 0);
  const auto result =
      slipway({"shell", mine, "--", "sh", "-c", "echo x > app/planted; cat app/planted"});
  EXPECT_THAT(result.err, HasSubstr("app/planted: Permission denied"));
  EXPECT_EQ(result.out, "");
  EXPECT_FALSE(exists(upper + "/planted"));
}

// --- where it cannot be had ----------------------------------------------------------------------

TEST_P(OverlayFaultAs, WithoutACacheOverlayAloneIsAnErrorAndAListGoesOn) {
  make_sandbox(GetParam());
  const auto run_without = [&](std::string_view text, const std::string& way) {
    const std::string file = dir_.write("e.json", text);
    return slipway({"run", file, "--sandbox", sandbox(), "--no-cache", way}, GetParam());
  };
  const std::string text = with("cat app/data", {archive()});
  const auto alone = run_without(text, kOverlay);
  EXPECT_EQ(alone.exit_code, 125);
  EXPECT_THAT(alone.err, HasSubstr("--materialize=overlay cannot be had: there is no cache"));
  EXPECT_EQ(run_without(text, "--materialize=overlay,auto").out, "data");
  const std::string plain =
      shell_entry("echo ran", uri(dir_.write("plain", "x"), R"("cache":true)"));
  EXPECT_EQ(run_without(plain, kOverlay).out, "ran\n") << "there is nothing to show";
}

TEST_P(OverlayFaultAs, WithoutTheNewMountInterfaceOverlayIsAnErrorAndAListGoesOn) {
  const std::string entry =
      with("cat app/data; grep -c slipway: /proc/self/mountinfo", {archive()});
  in_front_ = {dir_ / "without_calls", cat(ENOSYS), cat(SYS_fsopen)};
  const auto alone = run_anew(entry, {kOverlay}, GetParam());
  EXPECT_EQ(alone.exit_code, 125);
  EXPECT_THAT(alone.err, AllOf(HasSubstr("overlay"), HasSubstr("--materialize=auto")));
  const auto list = run_anew(entry, {kOverlay + ",auto"}, GetParam());
  EXPECT_EQ(list.out, "data0\n") << list.err;
}

TEST_F(OverlayFault, WithoutNamespacesThePlanSaysWhatIsDoneInstead) {
  const std::string entry = dir_.write("entry", with("cat app/data", {archive()}));
  in_front_ = {dir_ / "without_calls", cat(EPERM), cat(SYS_unshare)};
  const auto plan =
      slipway({"plan", entry, "--cache-dir", cache(As::kOrdinaryUser), kOverlay + ",copy"},
              As::kOrdinaryUser);
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
  EXPECT_THAT(plan.out, AllOf(HasSubstr("into the sandbox by copy; no overlay: "),
                              Not(HasSubstr("mount an overlay"))));
  const auto alone = slipway({"plan", entry, "--cache-dir", cache(As::kOrdinaryUser), kOverlay},
                             As::kOrdinaryUser);
  EXPECT_THAT(alone.err, HasSubstr("--materialize=overlay cannot be had"));
}

TEST_F(OverlayFault, ASandboxOnAnOverlayIsNoPlaceForAnother) {
  const std::string entry = dir_.write("entry", with("cat app/data", {archive()}));
  for (const char* each : {"o/lower", "o/upper", "o/work", "o/merged"}) dir_.make_directory(each);
  const auto mounted =
      run_program({"mount", "-n", "-t", "overlay", "overlay", "-o",
                   cat("lowerdir=", dir_ / "o/lower", ",upperdir=", dir_ / "o/upper",
                       ",workdir=", dir_ / "o/work"),
                   dir_ / "o/merged"});
  ASSERT_EQ(mounted.exit_code, 0) << mounted.err;
  const auto list = slipway({"run", entry, "--sandbox", dir_ / "o/merged/s", "--cache-dir",
                             cache(As::kRoot), kOverlay + ",auto"});
  EXPECT_EQ(list.out, "data") << list.err;
  const auto plan = slipway({"plan", entry, "--sandbox", dir_ / "o/merged/t", "--cache-dir",
                             cache(As::kRoot), kOverlay + ",auto"});
  EXPECT_THAT(plan.out, HasSubstr("no overlay: the sandbox is an overlay itself"));
  EXPECT_EQ(run_program({"umount", dir_ / "o/merged"}).exit_code, 0);
}

// Of the same sandbox: what the earlier one has shown can still be reopened.
TEST_F(OverlayFault, ALaunchThatFailsBeforeItPlacesAnythingLeavesTheEarlierOnesOverlays) {
  const std::string path = archive();
  for (const As as : {As::kRoot, As::kRootForUser}) {
    ASSERT_EQ(run_anew(with("echo mine > app/mine", {path}), {kOverlay}, as).exit_code, 0);
    const std::string before = sandbox(sandbox_number_);
    inject("mkdirat:error=ENOSPC", before + "/.slipway/overlay");
    const auto failed = run(with("true", {path}), as, {kOverlay});
    in_front_.clear();
    EXPECT_EQ(failed.exit_code, 125);
    EXPECT_THAT(failed.err, HasSubstr("No space left on device"));
    const auto shell = slipway({"shell", before, "--", "cat", "app/data", "app/mine"}, as);
    EXPECT_EQ(shell.out, "datamine\n") << shell.err;
  }
}

// The one that slipway has locked, and in which it has looked at what it mounts, is the one that
// counts.
TEST_F(OverlayFault, APrivateDirectoryThatIsReplacedBeforeTheMountIsNotUsed) {
  const std::string entry = dir_.write("entry", with("echo x > app/planted", {archive()}));
  make_sandbox(As::kRoot, ++sandbox_number_);
  const std::string own = sandbox(sandbox_number_) + "/.slipway";
  HeldCall held(dir_, "unshare");
  RunningProgram program(held.command(command({"run", entry, "--sandbox", sandbox(sandbox_number_),
                                               "--cache-dir", cache(As::kRoot), kOverlay},
                                              As::kRoot)));
  ASSERT_GT(held.is_reached(), 0);
  fs::rename(own, own + ".old");
  for (const char* each : {"0/upper", "0/work", "1/upper", "1/work"}) {
    fs::create_directories(cat(own, "/overlay/1/", each));
  }
  EXPECT_EQ(program.wait(), 125);
  EXPECT_THAT(program.err(), HasSubstr("'.slipway' was replaced meanwhile"));
  EXPECT_FALSE(exists(own + "/overlay/1/0/upper/planted"));
}

// Whoever mounts finds the cache by a path in JSON.
TEST_F(OverlayFault, ACacheWhosePathIsNotUtf8HasNoOverlays) {
  const std::string entry =
      dir_.write("entry", with("cat app/data; grep -c slipway: /proc/self/mountinfo", {archive()}));
  const std::string path = dir_.make_directory("cach\xe9", 0700);
  fs::create_directory_symlink(path, dir_ / "link");
  for (const std::string& named : {path, dir_ / "link"}) {
    const auto launch = [&](const char* command, const std::string& way) {
      return slipway({command, entry, "--sandbox", sandbox(++sandbox_number_), "--cache-dir", named,
                      "--materialize=" + way});
    };
    const auto list = launch("run", "overlay,auto");
    EXPECT_EQ(list.out, "data0\n") << list.err;
    EXPECT_THAT(launch("plan", "overlay,auto").out,
                HasSubstr("no overlay: the cache's path is not UTF-8"));
    const auto alone = launch("run", "overlay");
    EXPECT_EQ(alone.exit_code, 125);
    EXPECT_THAT(alone.err, HasSubstr("the cache's path is not UTF-8"));
  }
}

}  // namespace
}  // namespace slipway::tests
