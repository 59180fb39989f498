// What is exchanged while a launch is on its way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include <filesystem>

#include "sandbox/base/text.h"
#include "tests/cli/held_call.h"
#include "tests/cli/live.h"
#include "tests/support/raw_server.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Exchanged : public Live, public ::testing::WithParamInterface<As> {};

INSTANTIATE_TEST_SUITE_P(As, Exchanged,
                         ::testing::Values(As::kRoot, As::kOrdinaryUser, As::kRootForUser),
                         [](const auto& each) { return name_of(each.param); });

// The request comes when everything is planned, and before anything is mounted.
TEST_P(Exchanged, AHostPathThatLeadsElsewhereThanPlannedIsAnError) {
  dir_.write("v1/which", "one");
  dir_.write("v2/which", "two");
  const std::string current = dir_ / "current";
  fs::create_directory_symlink(dir_ / "v1", current);
  bool exchange = false;
  const RawServer server([&](Exchange& request) {
    if (exchange) {
      fs::remove(current);
      fs::create_directory_symlink(dir_ / "v2", current);
    }
    request.respond("200 OK", "x");
  });
  const auto launch = [&] {
    return run(
        shell_entry("cat v/which", cat(R"({"value":")", server.uri("/file"), R"("})"),
                    cat(R"("volume_mounts":[{"mode":"RO","container_path":"v","host_path":")",
                        current, R"("}])")),
        GetParam());
  };
  EXPECT_EQ(launch().out, "one");
  exchange = true;
  const auto result = launch();
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, AllOf(HasSubstr(current), HasSubstr("leads to another object"),
                                HasSubstr("launch again")));
  EXPECT_EQ(launch().out, "two");
}

// While the second volume waits to be attached; slipway's first call asks whether there are such
// calls. The host's mounts are shared, as systemd has them:
// what it mounts in an RW volume appears inside.
TEST_P(Exchanged, WhatTheHostMountsInAnRWVolumeMeanwhileIsNosuidAndNodevToo) {
  ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr), 0);
  const std::string late = dir_.make_directory("host/late");
  const auto volume = [&](std::string_view mode, std::string_view place) {
    return cat(R"({"mode":")", mode, R"(","host_path":")", dir_ / "host", R"(","container_path":")",
               place, R"("})");
  };
  const auto text =
      shell_entry("grep '/rw/late ' /proc/self/mountinfo", "",
                  cat(R"("volume_mounts":[)", volume("RW", "rw"), ",", volume("RO", "x"), "]"));
  HeldCall held(dir_, "move_mount", 3);
  RunningProgram launch(held.command(live_command(text, GetParam(), {"-q"})), setup_of(GetParam()));
  pid_t held_process = 0;
  for (int call = 0; call < 3; ++call) held_process = held.is_reached();
  const bool mounted = ::mount("tmpfs", late.c_str(), "tmpfs", 0, nullptr) == 0;
  EXPECT_TRUE(mounted);
  const std::string call = read_file(cat("/proc/", held_process, "/syscall"));
  EXPECT_THAT(call, StartsWith(cat(SYS_move_mount, ' '))) << "it has gone on meanwhile";
  EXPECT_EQ(launch.wait(), 0) << launch.err();
  EXPECT_THAT(launch.out(), AllOf(HasSubstr("nosuid"), HasSubstr("nodev")));
  EXPECT_EQ(::umount2(late.c_str(), MNT_DETACH), 0);
  EXPECT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
}

}  // namespace
}  // namespace slipway::tests
