// Nothing is left behind on the host by a thousand launches. (What one leaves that is killed is for
// ./dev faults.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"
#include "tests/support/private_temp.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

class Leak : public SlipwayTest, public ::testing::WithParamInterface<As> {
 protected:
  // A host that shares its mounts, as systemd sets it up: what leaks is seen.
  Leak() {
    EXPECT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr), 0);
    dir_.write("host/file", "from the host");
  }
  ~Leak() override { ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr); }

  // A file fetched, a volume in the sandbox, one on a missing path; the executor sees all three.
  std::string whole_entry() {
    return shell_entry(
        "cat file data/file /slipway-test/x/file > /dev/null",
        cat(R"({"value":")", dir_ / "host/file", R"("})"),
        cat(R"("volume_mounts":[{"mode":"RO","container_path":"data","host_path":")", dir_ / "host",
            R"("},{"mode":"RW","container_path":"/slipway-test/x","host_path":")", dir_ / "host",
            R"("}])"));
  }

  // The processes that run programs of this test's prefix.
  [[nodiscard]] std::vector<std::string> processes() const {
    std::vector<std::string> found;
    for (const auto& each : fs::directory_iterator("/proc")) {
      std::error_code gone;
      const fs::path program = fs::read_symlink(each.path() / "exe", gone);
      if (!gone && program.string().starts_with(dir_.path())) found.push_back(program);
    }
    return found;
  }
};

INSTANTIATE_TEST_SUITE_P(By, Leak,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& test) { return name_of(test.param); });

// A thousand in all.
TEST_P(Leak, ManyLaunchesLeaveNothing) {
  const PrivateTemp temp(dir_.path());
  ASSERT_EQ(run(whole_entry(), GetParam()).exit_code, 0);
  const std::string mounts = read_file("/proc/self/mountinfo");
  const auto names = placed();
  const std::string file = dir_.write("e.json", whole_entry());
  std::string line;
  for (const auto& word : command({"run", file, "-q", "--sandbox", sandbox()}, GetParam())) {
    line += " " + shell_quote(word);
  }
  RunOptions options;
  options.timeout = std::chrono::minutes(10);  // on however busy a machine
  if (GetParam() == As::kOrdinaryUser) options.user = RunOptions::Ids{kNobody, kNobody};
  const auto result = run_program(
      {"/bin/sh", "-c", cat("i=0; while [ $i -lt 334 ]; do", line, " || exit; i=$((i+1)); done")},
      options);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(read_file("/proc/self/mountinfo"), mounts);
  EXPECT_EQ(placed(), names);
  EXPECT_THAT(temp.left(), IsEmpty());
  EXPECT_THAT(processes(), IsEmpty());
}

}  // namespace
}  // namespace slipway::tests
