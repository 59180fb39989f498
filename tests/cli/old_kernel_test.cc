// The whole program where the kernel, or a container's filter, does not know the newer system
// calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <cerrno>
#include <tuple>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"

namespace slipway::tests {
namespace {

class OldKernel : public SlipwayTest, public ::testing::WithParamInterface<std::tuple<As, int>> {
 protected:
  static As as() { return std::get<As>(GetParam()); }

  OldKernel() {
    constexpr long kCalls[] = {SYS_openat2,           SYS_open_tree,
                               SYS_move_mount,        SYS_fsopen,
                               SYS_fsconfig,          SYS_fsmount,
                               SYS_mount_setattr,     SYS_close_range,
                               SYS_faccessat2,        SYS_pidfd_open,
                               SYS_pidfd_send_signal, SYS_landlock_create_ruleset,
                               SYS_landlock_add_rule, SYS_landlock_restrict_self,
                               SYS_copy_file_range};
    // glibc starts threads by clone(2) where clone3(2) is unknown, not where it is forbidden.
    std::string numbers = std::get<int>(GetParam()) == ENOSYS ? cat(SYS_clone3) : "";
    for (const long call : kCalls) numbers += cat(numbers.empty() ? "" : ",", call);
    in_front_ = {dir_ / "without_calls", cat(std::get<int>(GetParam())), numbers};
  }

  std::string file_uri() { return cat(R"({"value":")", dir_.write("file", "data"), R"("})"); }
};

INSTANTIATE_TEST_SUITE_P(By, OldKernel,
                         ::testing::Combine(::testing::Values(As::kRoot, As::kRootForUser,
                                                              As::kOrdinaryUser),
                                            ::testing::Values(ENOSYS, EPERM)),
                         [](const auto& test) {
                           return name_of(std::get<As>(test.param)) +
                                  (std::get<int>(test.param) == ENOSYS ? "WithoutCalls"
                                                                       : "UnderAFilter");
                         });

TEST_P(OldKernel, RunsWithoutVolumes) {
  const std::string entry = shell_entry("cat file", file_uri());
  const auto result = run(entry, as());
  EXPECT_EQ(result.out, "data") << result.err;
}

TEST_P(OldKernel, RunsWithVolumes) {
  const std::string entry =
      shell_entry("cat file /slipway-test/x/file; touch /slipway-test/x/new", file_uri(),
                  cat(R"("volume_mounts":[{"mode":"RO","container_path":"/slipway-test/x",)",
                      R"("host_path":")", dir_.path(), R"("}])"));
  const auto result = run(entry, as());
  EXPECT_EQ(result.out, "datadata") << result.err;
  EXPECT_THAT(result.err, ::testing::HasSubstr("Read-only file system"));
}

TEST_P(OldKernel, UnpacksLinksOfEveryKind) {
  dir_.write("t/file", "data");
  run_program({"ln", "-s", "nowhere", dir_ / "t/link"});
  run_program({"ln", "-P", dir_ / "t/link", dir_ / "t/other"});
  run_program({"tar", "-C", dir_ / "t", "-cf", dir_ / "a.tar", "."});
  const auto result = run(
      shell_entry("cat file; readlink link other", cat(R"({"value":")", dir_ / "a.tar", R"("})")),
      as());
  EXPECT_EQ(result.out, "datanowhere\nnowhere\n") << result.err;
}

TEST_P(OldKernel, Supervises) {
  const auto result = run(shell_entry("(setsid sleep 295.25 &) ; exit 3"), as(),
                          {"--supervise", "--kill-after", "10s"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_EQ(run_program({"pgrep", "-f", "sleep 295[.]25"}).exit_code, 1) << "still there";
}

TEST_P(OldKernel, OutputGoesToTheSandbox) {
  EXPECT_EQ(run(shell_entry("echo out"), as(), {"--stdio=sandbox"}).exit_code, 0);
  EXPECT_EQ(read_file(sandbox() + "/stdout"), "out\n");
}

TEST_P(OldKernel, AShellReopensTheSandbox) {
  ASSERT_EQ(run(shell_entry("true"), as()).exit_code, 0);
  const As again = as() == As::kRootForUser ? As::kRoot : as();
  const auto result = slipway({"shell", sandbox(), "-q", "--", "id", "-u"}, again);
  EXPECT_EQ(result.out, as() == As::kRoot ? "0\n" : "65534\n") << result.err;
}

}  // namespace
}  // namespace slipway::tests
