// slipway-fetcher: whatever needs a network or an archive. Started by slipway as the task's user,
// already confined; reads a work order from standard input, writes events to standard output.
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <string_view>

#include "fetcher/event_sink.h"
#include "fetcher/work_order.h"
#include "fetcher/worker.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/version.h"

namespace slipway {

namespace {

class PipeSink final : public fetcher::EventSink {
 public:
  void tell(const fetcher::FetchEvent& event) override {
    // Nobody to tell it to any more: slipway is dead, and this process about to be.
    if (!sys::write_all(STDOUT_FILENO, fetcher::to_json_line(event))) ::_exit(1);
  }
};

int refuse(const Error& error) {
  log::error(error.message());
  return 1;
}

int run() {
  // The order may hold the operator's secrets, which the task's user may use but need not read:
  // nobody else of that user's may look into this process (ptrace(2), proc(5)).
  if (::prctl(PR_SET_DUMPABLE, 0) != 0)
    return refuse(Error::system(errno, "prctl PR_SET_DUMPABLE"));
  const auto text = sys::read_to_end(STDIN_FILENO, fetcher::kWorkOrderMaxBytes);
  if (!text) return refuse(text.error());
  const auto order = fetcher::parse_work_order(*text);
  if (!order) return refuse(order.error());
  const Fd sandbox = order->prefetch ? Fd() : Fd(fetcher::kSandboxFd);
  PipeSink events;
  const auto outcome = fetcher::perform(*order, sandbox.get(),
                                        order->has_cache ? Fd(fetcher::kCacheFd) : Fd(), events);
  return outcome == fetcher::Outcome::kPlaced ? 0 : 1;
}

}  // namespace

}  // namespace slipway

int main(int argc, char** argv) {
  slipway::log::set_program("slipway-fetcher");
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    std::printf("slipway-fetcher %s\n", slipway::kVersion);
    return 0;
  }
  if (argc != 1 || ::isatty(STDIN_FILENO) != 0) {
    slipway::log::error("is started by slipway, which hands it a work order; see slipway --help");
    return 2;
  }
  // Member names are bytes, whatever the caller's locale says (libarchive converts in others).
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) std::setlocale(LC_CTYPE, "C");
  // Many threads, each with few and big buffers: a heap for each would only take memory
  // (mallopt(3)).
  ::mallopt(M_ARENA_MAX, 2);
  ::umask(022);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error like any other (EFBIG)
  return slipway::run();
}
