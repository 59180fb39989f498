// slipway-fetcher: whatever needs a network or an archive. Started by slipway as the task's user,
// already confined; reads a work order from standard input, writes events to standard output. Or
// started by a Mesos agent as its mesos-fetcher.
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include "fetcher/mesos/mesos_fetcher.h"
#include "fetcher/transfer/pipe_sink.h"
#include "fetcher/work/work_order.h"
#include "fetcher/work/worker.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/version.h"

namespace slipway {

namespace {

int refuse(const Error& error) {
  log::error(coded(Error(error).as(MessageCode::kFetchProgram)));
  return 1;
}

int run() {
  // The order may hold the operator's secrets, which the task's user may use but need not read:
  // nobody else of that user's may look into this process (ptrace(2), proc(5)).
  if (::prctl(PR_SET_DUMPABLE, 0) != 0)
    return refuse(Error::system(errno, "prctl PR_SET_DUMPABLE"));
  const auto text = sys::read_to_end(STDIN_FILENO, fetcher::kWorkOrderMaxBytes);
  if (!text) return refuse(text.error());
  if (text->empty()) {
    return refuse(Error(cat("there is no order: neither ", fetcher::kMesosFetcherInfo,
                            " in the environment nor one on standard input")));
  }
  const auto order = fetcher::parse_work_order(*text);
  if (!order) return refuse(order.error());
  const Fd sandbox = order->prefetch ? Fd() : Fd(fetcher::kSandboxFd);
  fetcher::PipeSink events;
  Fd cache = order->has_cache ? Fd(fetcher::kCacheFd) : Fd();
  const auto outcome = fetcher::perform(*order, sandbox.get(), {std::move(cache), nullptr}, events);
  return outcome == fetcher::Outcome::kPlaced ? 0 : 1;
}

}  // namespace

}  // namespace slipway

// What a process that moves bytes about wants, whoever started it.
static void settle_process() {
  // Member names are bytes, whatever the caller's locale says (libarchive converts in others).
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) std::setlocale(LC_CTYPE, "C");
  // Many threads, each with few and big buffers: a heap for each would only take memory
  // (mallopt(3)).
  ::mallopt(M_ARENA_MAX, 2);
  ::umask(022);
  ::signal(SIGCHLD, SIG_DFL);  // who ignores it cannot wait for hadoop (waitpid(2))
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error like any other (EFBIG)
}

// Without memory there is nothing more to do in an orderly way, in whichever thread. What is half
// done lies in the staging area.
[[noreturn]] static void end_without_memory() {
  if (const auto thrown = std::current_exception()) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::bad_alloc&) {
      constexpr std::string_view kWords =
          "slipway-fetcher: error: there is not enough memory [E-FETCH-LOCAL]\n";
      (void)!::write(STDERR_FILENO, kWords.data(), kWords.size());
      ::_exit(slipway::fetcher::kNoMemoryStatus);
    } catch (...) {  // NOLINT(bugprone-empty-catch): aborts like any other
    }
  }
  std::abort();
}

int main(int argc, char** argv) {
  using namespace slipway;
  log::set_program("slipway-fetcher");
  const std::string_view word = argc == 2 ? argv[1] : "";
  if (word == "--version") {
    return sys::write_all(STDOUT_FILENO, cat("slipway-fetcher ", kVersion, '\n')) ? 0 : 1;
  }
  std::set_terminate(&end_without_memory);
  settle_process();
  if (::getenv(fetcher::kMesosFetcherInfo) != nullptr || word == "--help") {
    return fetcher::run_mesos_fetcher(argc, argv);
  }
  if (argc != 1 || ::isatty(STDIN_FILENO) != 0) {
    log::error(
        coded("is started by slipway or by a Mesos agent, which say what to fetch; see --help",
              MessageCode::kUsage));
    return 2;
  }
  return run();
}
