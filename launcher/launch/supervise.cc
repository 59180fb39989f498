#include "launcher/launch/supervise.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "launcher/base/exit_status.h"
#include "launcher/base/say.h"
#include "launcher/launch/signal_route.h"
#include "launcher/launch/supervisor.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/confine.h"

namespace slipway::launcher {

namespace {

// The plain system calls: glibc keeps two signals out of its sets.
constexpr std::size_t kKernelSetSize = (_NSIG - 1) / 8;
constexpr unsigned long kAllSignals = ~0UL;

Result<void> block_signals() {
  if (::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &kAllSignals, nullptr, kKernelSetSize) != 0) {
    return Error::system(errno, "block the signals");
  }
  return {};
}

Result<Fd> open_signals() {
  const long fd =
      ::syscall(SYS_signalfd4, -1, &kAllSignals, kKernelSetSize, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) return Error::system(errno, "signalfd");
  return Fd(static_cast<int>(fd));
}

// Orphans of the tree become children of this process, and its parent's end becomes a signal.
Result<void> stand_between(pid_t caller) {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    return Error::system(errno, "prctl PR_SET_CHILD_SUBREAPER");
  }
  if (::prctl(PR_SET_PDEATHSIG, caller_gone_signal()) != 0) {
    return Error::system(errno, "prctl PR_SET_PDEATHSIG");
  }
  if (::getppid() != caller) return Error("slipway's parent has ended before the executor started");
  return {};
}

// How far the child has come: a word that it shares with its parent until it executes something, so
// that no descriptor has to survive until then.
class Progress {
 public:
  enum class Of { kPreparing, kExecuting, kFailed };

  static Result<Progress> make() {
    void* page =
        ::mmap(nullptr, sizeof(Word), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return Error::system(errno, "mmap");
    return Progress(new (page) Word(Of::kPreparing));
  }
  void set(Of reached) const { word_->store(reached); }
  [[nodiscard]] Of get() const { return word_->load(); }

 private:
  using Word = std::atomic<Of>;
  struct Unmap {
    void operator()(Word* page) const { ::munmap(page, sizeof(Word)); }
  };
  explicit Progress(Word* page) : word_(page) {}
  std::unique_ptr<Word, Unmap> word_;
};

// The supervisor lives as long as the executor, and the environment it was started with stands in
// /proc all that time: the entry may be in it, and what else the caller has. What is still needed
// of it is copied, the original wiped.
void move_environment() {
  static std::vector<std::string> kept;
  static std::vector<char*> pointers;
  for (char** each = ::environ; each != nullptr && *each != nullptr; ++each) {
    kept.emplace_back(*each);
    ::explicit_bzero(*each, kept.back().size());
  }
  for (std::string& each : kept) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  ::environ = pointers.data();
}

[[noreturn]] void run_child(pid_t supervisor, const std::function<int(const Supervised&)>& work,
                            const Progress& progress) {
  sandbox::reset_signals();
  sandbox::survive_failed_writes();  // until exec: as in command_run()
  auto bound = sandbox::die_with(supervisor);
  if (!bound) say(bound.error());
  ::setsid();  // cannot fail: a process just forked leads no group
  const auto executing = [&] { progress.set(Progress::Of::kExecuting); };
  const int status = bound ? work({supervisor, executing}) : kExitSlipwayFailed;
  progress.set(Progress::Of::kFailed);
  ::_exit(status);
}

}  // namespace

Result<Ending> supervise(const Supervision& supervision, pid_t caller, std::vector<int> kept,
                         const std::function<int(const Supervised&)>& work) {
  const Progress progress = TRY(Progress::make());
  TRY(block_signals());
  TRY(stand_between(caller));
  // Somebody may wait for the other end of what the caller left open.
  TRY(sandbox::close_from_but(STDERR_FILENO + 1, std::move(kept)));
  Fd signals = TRY(open_signals());
  move_environment();
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return Error::system(errno, "fork");
  if (child == 0) {
    signals.reset();
    run_child(self, work, progress);
  }
  // The executor may be of the same user: it must not look into this process (ptrace(2)). The child
  // stays dumpable, for it has to write its id maps.
  if (::prctl(PR_SET_DUMPABLE, 0) != 0)
    say_warning(MessageCode::kWarnSupervise, "the supervisor can be looked into");
  Ending ending = Supervisor(supervision, caller, child, std::move(signals)).watch();
  // What could not be ended has no status that could say so.
  if (progress.get() != Progress::Of::kExecuting && ending.of == Ending::Of::kExecutor) {
    ending.of = Ending::Of::kPreparation;
  }
  return ending;
}

}  // namespace slipway::launcher
