// What slipway-fetcher is told is nobody's but its own, from its very first moment on.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "sandbox/base/text.h"
#include "tests/cli/held_call.h"
#include "tests/cli/live.h"
#include "tests/support/in_child.h"
#include "tests/support/raw_server.h"

namespace slipway::tests {
namespace {

using ::testing::StartsWith;

class FetchSecret : public Live {};

// As any other process of the task's user can try it.
void expect_closed_to_nobody(pid_t fetcher) {
  in_child([&] {
    ASSERT_EQ(::setresgid(kNobody, kNobody, kNobody), 0);
    ASSERT_EQ(::setresuid(kNobody, kNobody, kNobody), 0);
    for (const char* name : {"fd/0", "mem", "environ"}) {
      EXPECT_EQ(::open(cat("/proc/", fetcher, '/', name).c_str(), O_RDONLY | O_CLOEXEC), -1)
          << name;
      EXPECT_EQ(errno, EACCES) << name;
    }
    // Which process_vm_readv(2) finds out first.
    char byte = 0;
    const iovec here{&byte, 1};
    const iovec there{&byte, 1};
    EXPECT_EQ(::process_vm_readv(fetcher, &here, 1, &there, 1, 0), -1);
    EXPECT_EQ(errno, EPERM);
  });
}

// Each program calls set_tid_address(2) once, in the dynamic loader, before anything of its own:
// slipway first, then slipway-fetcher, which cannot have asked for anything itself by then.
TEST_F(FetchSecret, TheTasksUserCannotReadTheOrderWhileTheFetcherStarts) {
  const RawServer server([](Exchange& request) { request.respond("200 OK", "x"); });
  HeldCall held(dir_, "set_tid_address");
  const auto text = shell_entry("cat file", cat(R"({"value":")", server.uri("/file"), R"("})"));
  RunningProgram launch(held.command(live_command(text, As::kRootForUser, {"-q"})));
  const pid_t slipway = held.is_reached();
  const pid_t fetcher = held.is_reached();
  ASSERT_NE(fetcher, slipway);
  expect_closed_to_nobody(fetcher);
  EXPECT_THAT(read_file(cat("/proc/", fetcher, "/syscall")),
              StartsWith(cat(SYS_set_tid_address, ' ')))
      << "it has gone on meanwhile: what was seen was not its first moment";
  EXPECT_EQ(launch.wait(), 0) << launch.err();
  EXPECT_EQ(launch.out(), "x");
}

}  // namespace
}  // namespace slipway::tests
