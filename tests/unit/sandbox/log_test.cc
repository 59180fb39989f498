#include "sandbox/base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "sandbox/base/sys.h"
#include "tests/support/in_child.h"
#include "tests/support/result_matchers.h"

namespace slipway {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

// A pipe that takes nothing more until somebody reads.
std::pair<Fd, Fd> full_pipe() {
  auto pipe = sys::make_pipe();
  EXPECT_THAT(pipe, tests::IsOk());
  const int flags = ::fcntl(pipe->second.get(), F_GETFL);
  ::fcntl(pipe->second.get(), F_SETFL, flags | O_NONBLOCK);
  const std::string page(4096, '-');
  while (::write(pipe->second.get(), page.data(), page.size()) > 0) {
  }
  ::fcntl(pipe->second.get(), F_SETFL, flags);
  return *std::move(pipe);
}

// Once, without SA_RESTART: what waits is interrupted.
void interrupt_soon() {
  struct sigaction interrupt {};
  interrupt.sa_handler = [](int) {};
  ::sigaction(SIGALRM, &interrupt, nullptr);
  const itimerval soon{{0, 0}, {0, 50'000}};
  ::setitimer(ITIMER_REAL, &soon, nullptr);
}

TEST(Log, ALineIsWrittenAlthoughASignalInterruptsIt) {
  tests::in_child([] {
    auto [out, in] = full_pipe();
    log::set_descriptor(in.get());
    std::string text;
    std::thread reader([&text, from = out.get()] {
      sigset_t all{};
      ::sigfillset(&all);
      ::pthread_sigmask(SIG_BLOCK, &all, nullptr);  // the signal is for who writes
      std::this_thread::sleep_for(300ms);
      text = *sys::read_to_end(from, std::size_t{1} << 20);
    });
    interrupt_soon();
    log::error("what happened");
    in.reset();
    reader.join();
    EXPECT_TRUE(text.ends_with("slipway: error: what happened\n")) << text.substr(text.size() - 60);
  });
}

}  // namespace
}  // namespace slipway
