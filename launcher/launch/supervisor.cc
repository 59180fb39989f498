#include "launcher/launch/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "launcher/base/say.h"
#include "launcher/launch/signal_route.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

using std::chrono::milliseconds;

// A killed process needs a moment to die; one that waits for a dead file server never does.
constexpr milliseconds kBetweenKills{20};
constexpr std::chrono::seconds kPatience{10};
constexpr int kBlindLooks = 10;  // in a row: there is no /proc, and the executor has ended

std::chrono::microseconds duration_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

bool is_in(const std::vector<Process>& list, const Process& process) {
  return std::any_of(list.begin(), list.end(), [&](const Process& each) {
    return each.pid == process.pid &&
           (each.started == process.started || each.started == 0 || process.started == 0);
  });
}

}  // namespace

Ending Supervisor::watch() {
  while (reap() == Left::kSome) {
    if (!executor_lives() && !is_ending()) begin_end();
    if (is_ending() && Clock::now() >= next_kill_ && kill_what_is_left() == Left::kNothing) break;
    wait();
    take_signals();
  }
  ending_.of = executor_status_ ? Ending::Of::kExecutor : Ending::Of::kNothing;
  ending_.wait_status = executor_status_.value_or(0);
  ending_.wall = Clock::now() - started_;
  return std::move(ending_);
}

// All children that have ended. As subreaper this process is the parent of every orphan of the
// tree, so that nothing is left of it when there is no child.
Supervisor::Left Supervisor::reap() {
  for (;;) {
    int status = 0;
    rusage used{};
    const pid_t ended = ::wait4(-1, &status, WNOHANG, &used);
    if (ended < 0 && errno == EINTR) continue;
    if (ended < 0) return Left::kNothing;
    if (ended == 0) return Left::kSome;
    count(used);
    if (ended == executor_) executor_status_ = status;
  }
}

void Supervisor::count(const rusage& used) {
  ending_.user_cpu += duration_of(used.ru_utime);
  ending_.system_cpu += duration_of(used.ru_stime);
  ending_.max_resident_kib = std::max(ending_.max_resident_kib, used.ru_maxrss);
}

void Supervisor::wait() {
  pollfd waited{signals_.get(), POLLIN, 0};
  int timeout = -1;
  if (is_ending()) {
    const auto left = std::chrono::ceil<milliseconds>(next_kill_ - Clock::now()).count();
    timeout = static_cast<int>(std::max<long>(0, left));  // --kill-after is a day at most
  }
  ::poll(&waited, 1, timeout);
}

void Supervisor::take_signals() {
  std::array<signalfd_siginfo, 16> buffer{};
  const ssize_t count = ::read(signals_.get(), buffer.data(), sizeof buffer);
  if (count <= 0) return;  // EAGAIN: it was the time that ended the waiting
  const auto number = static_cast<std::size_t>(count) / sizeof buffer[0];
  for (const auto& signal : std::span(buffer).first(number)) take(signal);
}

void Supervisor::take(const signalfd_siginfo& signal) {
  // A message to a reader that has gone away is a SIGPIPE from this process, and none for the
  // executor.
  const bool from_us = signal.ssi_code <= 0 && signal.ssi_pid == static_cast<unsigned>(::getpid());
  const int number = static_cast<int>(signal.ssi_signo);
  const Route route = route_of(number, signal.ssi_code);
  switch (route) {
    case Route::kReap:
    case Route::kNowhere:
      return;
    case Route::kCallerGone:
      // Merely the thread that started us. A parent outside of this pid namespace is 0 before and
      // after: there the end of the thread counts.
      if (caller_ != 0 && ::getppid() == caller_) return;
      if (!is_ending()) {
        ending_.remarks.emplace_back("slipway's parent has ended, so the executor was ended");
      }
      return begin_end();
    case Route::kEnd:
      return begin_end();
    case Route::kStop:
      return stop();
    case Route::kGroup:
      return send_group(number);
    case Route::kExecutor:
      if (!from_us) pass_on(signal);
      return;
  }
}

void Supervisor::pass_on(const signalfd_siginfo& signal) const {
  if (!executor_lives()) return;
  const int number = static_cast<int>(signal.ssi_signo);
  if (signal.ssi_code == SI_QUEUE) {
    sigval value{};
    value.sival_ptr = reinterpret_cast<void*>(signal.ssi_ptr);  // NOLINT(performance-no-int-to-ptr)
    ::sigqueue(executor_, number, value);
  } else {
    ::kill(executor_, number);
  }
}

void Supervisor::send_group(int signal) const {
  if (!executor_lives()) return;
  // ESRCH: it was forked just now and has no group of its own yet.
  if (::kill(-executor_, signal) != 0 && errno == ESRCH) ::kill(executor_, signal);
}

void Supervisor::stop() {
  send_group(SIGSTOP);
  ::kill(::getpid(), SIGSTOP);  // until SIGCONT, which then waits to be read and goes to the group
}

void Supervisor::begin_end() {
  if (is_ending()) return;
  kill_at_ = next_kill_ = Clock::now() + supervision_.kill_after;
  // Looked at twice: an orphan on its way to a new parent is in one of the lists. And signalled
  // once: what a handler starts to put things in order is left to do so.
  auto all = tree();
  for (Process& each : tree()) {
    if (!is_in(all, each)) all.push_back(std::move(each));
  }
  if (blind_looks_ > 1) send_group(SIGTERM);
  for (const Process& each : all) {
    deliver(each, SIGTERM);
    // Else it could not act on it.
    if (each.state == 'T' || each.state == ' ') deliver(each, SIGCONT);
  }
}

// kNothing where nothing is left that could be killed, which has been reported then.
Supervisor::Left Supervisor::kill_what_is_left() {
  const auto now = Clock::now();
  next_kill_ = now + kBetweenKills;
  const auto all = tree();
  std::vector<Process> refused;
  for (const Process& each : all) {
    if (deliver(each, SIGKILL) == Delivery::kRefused) refused.push_back(each);
  }
  if (blind_looks_ > 0) send_group(SIGKILL);
  const bool is_over =
      now >= *kill_at_ + kPatience || (!executor_lives() && blind_looks_ >= kBlindLooks);
  if (!is_over && (all.empty() || refused.size() < all.size())) return Left::kSome;
  for (const Process& each : all) {
    note_left(each, is_in(refused, each) ? "it belongs to somebody else"
                                         : "it does not end, although it was killed");
  }
  if (all.empty()) {
    ending_.remarks.emplace_back("something that the executor started is left running");
  }
  return Left::kNothing;
}

void Supervisor::note_left(const Process& process, std::string_view why) {
  ending_.remarks.push_back(
      cat("process ", process.pid, " (", quote(process.name), ") is left running: ", why));
}

std::vector<Process> Supervisor::tree() {
  auto all = descendants();
  blind_looks_ = all ? 0 : blind_looks_ + 1;
  if (!all && !was_blind_) {
    was_blind_ = true;
    ending_.remarks.push_back(
        cat("only the executor and its group can be ended: ", text_of(all.error())));
  }
  std::vector<Process> found = all ? *std::move(all) : std::vector<Process>();
  // It is there, whatever /proc says.
  if (executor_lives() && std::ranges::find(found, executor_, &Process::pid) == found.end()) {
    found.push_back({.pid = executor_, .parent = ::getpid(), .name = "?"});
  }
  return found;
}

}  // namespace slipway::launcher
