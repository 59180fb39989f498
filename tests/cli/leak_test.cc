// Nothing is left behind on the host: by a thousand launches, and by one that is killed at any
// moment.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <sstream>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"
#include "tests/support/private_temp.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::IsEmpty;
using ::testing::IsSubsetOf;

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

  RunResult under_strace(std::vector<std::string> words) {
    const std::string file = dir_.write("e.json", whole_entry());
    const auto launch = command({"run", file, "-q", "--sandbox", sandbox()}, GetParam());
    words.insert(words.begin(), "strace");
    words.insert(words.end(), launch.begin(), launch.end());
    RunOptions options;
    if (GetParam() == As::kOrdinaryUser) options.user = RunOptions::Ids{kNobody, kNobody};
    return run_program(words, options);
  }

  // 1 where the launch did not come to its end. It never looks as if it had: what is there is
  // whole.
  int kill_at(std::vector<std::string> words, const std::string& mounts) {
    words.emplace_back("-o/dev/null");
    const auto result = under_strace(words);
    const std::string where = words[words.size() - 2];
    EXPECT_THAT(result.exit_code, AnyOf(0, 125, 128 + 9)) << where << ": " << result.err;
    EXPECT_EQ(read_file("/proc/self/mountinfo"), mounts) << where;
    EXPECT_THAT(placed(), IsSubsetOf({"data/", "file"})) << where;
    if (exists(sandbox() + "/file")) {
      EXPECT_EQ(read_file(sandbox() + "/file"), "from the host");
    }
    return result.exit_code == 0 ? 0 : 1;
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

// How often each system call is made, from what strace(1) wrote.
std::map<std::string, int> calls_in(const std::string& trace) {
  std::map<std::string, int> calls;
  std::istringstream lines(trace);
  for (std::string line; std::getline(lines, line);) {
    // With -f the pid comes first.
    const std::size_t start = line.find_first_not_of("0123456789 ");
    const std::size_t parenthesis = line.find('(');
    if (start != std::string::npos && parenthesis != std::string::npos &&
        line.find(' ', start) > parenthesis) {
      ++calls[line.substr(start, parenthesis - start)];
    }
  }
  return calls;
}

// strace(1) kills the launch of root for a user, the longest, at each of its system calls, one
// launch for each, and those of the others at every third; then the children (the fetch stage, the
// writer of id maps) at some of theirs.
TEST_P(Leak, L11AKillAtAnySystemCallLeavesTheHostAsItWas) {
  make_sandbox(GetParam());
  const std::string trace = dir_.write("trace", "", 0666);
  ASSERT_EQ(under_strace({"-o" + trace}).exit_code, 0);
  const auto own = calls_in(read_file(trace));
  ASSERT_EQ(under_strace({"-f", "-o" + trace}).exit_code, 0);
  const auto with_children = calls_in(read_file(trace));
  const std::string mounts = read_file("/proc/self/mountinfo");
  int killed = 0;
  for (const auto& [call, count] : own) {
    const int stride = GetParam() == As::kRootForUser ? 1 : 3;
    for (int when = 1; when <= count; when += stride) {
      killed += kill_at({cat("-einject=", call, ":signal=KILL:when=", when)}, mounts);
    }
  }
  EXPECT_GT(killed, 80);
  int children_killed = 0;
  for (const auto& [call, count] : with_children) {
    for (int when = 1; when <= count; when += 15) {
      children_killed +=
          kill_at({"-f", cat("-einject=", call, ":signal=KILL:when=", when)}, mounts);
    }
  }
  EXPECT_GT(children_killed, 40);
  EXPECT_FALSE(exists("/slipway-test"));
  EXPECT_EQ(run(whole_entry(), GetParam()).exit_code, 0);
  EXPECT_THAT(processes(), IsEmpty());
}

}  // namespace
}  // namespace slipway::tests
