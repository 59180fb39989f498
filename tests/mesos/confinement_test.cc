// What stands between the agent's root and what is fetched, in the place of mesos-fetcher.
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <filesystem>

#include "tests/mesos/mesos_fixture.h"

namespace slipway::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

class DropInConfinement : public MesosTest {
 protected:
  // The agent starts its fetcher behind these words of a shell.
  void put_in_front(const std::string& words) {
    const std::string directory = dir_.make_directory("in-front");
    dir_.write("in-front/mesos-fetcher",
               cat("#!/bin/sh\nexec ", words, ' ', launcher_dir(), "/mesos-fetcher \"$@\"\n"),
               0755);
    flags_.launcher_dir = directory;
    restart_agent();
  }

  MesosUri source_ = {.value = "file://" + dir_.write("from/test", "data")};
};

TEST_F(DropInConfinement, G9_WithoutAnyPartOfItNothingIsFetched) {
  for (const long call : {SYS_landlock_add_rule, SYS_landlock_restrict_self, SYS_setresuid,
                          SYS_setresgid, SYS_setgroups, SYS_capset}) {
    put_in_front(cat(dir_ / "without_calls", ' ', EPERM, ' ', call));
    EXPECT_NE(fetch({source_}, cat("without-", call)).failure, "") << call;
    EXPECT_THAT(fetched(), Not(Contains("test"))) << call;
  }
  put_in_front(cat(dir_ / "without_calls", ' ', ENOSYS, ' ', SYS_landlock_create_ruleset));
  EXPECT_EQ(fetch({source_}, "old-kernel").failure, "") << "that is an older kernel";
  EXPECT_THAT(fetched(), ElementsAre("test"));
}

// The order of what the log of strace(1) has.
TEST_F(DropInConfinement, G9_ComesBeforeTheSandboxAndTheUriAreOpened) {
  const std::string log = dir_ / "log";
  put_in_front(cat("strace -f -o ", log,
                   " -e trace=open,openat,openat2,setresuid,capset,landlock_restrict_self"));
  ASSERT_EQ(fetch({source_}).failure, "");
  const std::string text = read_file(log);
  const auto user = text.find("setresuid(65534, 65534, 65534) ");
  const auto capabilities = text.find("capset(", user);
  const auto landlock = text.find("landlock_restrict_self(", user);
  ASSERT_NE(user, std::string::npos) << text;
  ASSERT_NE(capabilities, std::string::npos) << text;
  ASSERT_NE(landlock, std::string::npos) << text;
  const auto sandbox = text.find(std::filesystem::path(sandbox_).filename());
  const auto uri = text.find("from/test\"");
  ASSERT_NE(sandbox, std::string::npos) << text;
  ASSERT_NE(uri, std::string::npos) << text;
  EXPECT_LT(capabilities, sandbox);
  EXPECT_LT(landlock, uri);
}

}  // namespace
}  // namespace slipway::tests
