// The supervising process's life: signals in, signals out, and what is left to be ended.
#pragma once

#include <sys/resource.h>
#include <sys/signalfd.h>

#include <optional>
#include <string_view>
#include <vector>

#include "launcher/launch/process_tree.h"
#include "launcher/plan/supervision.h"
#include "launcher/report/ending.h"
#include "sandbox/base/fd.h"

namespace slipway::launcher {

class Supervisor {
 public:
  // `signals`: a signalfd of all signals, which are blocked since before `executor` was forked.
  Supervisor(const Supervision& supervision, pid_t caller, pid_t executor, Fd signals)
      : supervision_(supervision),
        caller_(caller),
        executor_(executor),
        signals_(std::move(signals)) {}

  // Until nothing is left of the tree, or nothing that can be ended.
  Ending watch();

 private:
  using Clock = std::chrono::steady_clock;

  enum class Left { kNothing, kSome };
  Left reap();
  void count(const rusage& used);

  void wait();
  void take_signals();
  void take(const signalfd_siginfo& signal);
  void pass_on(const signalfd_siginfo& signal) const;
  void send_group(int signal) const;
  void stop();

  void begin_end();
  Left kill_what_is_left();
  [[nodiscard]] std::vector<Process> tree();
  void note_left(const Process& process, std::string_view why);
  [[nodiscard]] bool is_ending() const { return kill_at_.has_value(); }
  [[nodiscard]] bool executor_lives() const { return !executor_status_; }

  Supervision supervision_;
  pid_t caller_;
  pid_t executor_;  // valid while it lives: only we reap it
  Fd signals_;
  Clock::time_point started_ = Clock::now();
  std::optional<int> executor_status_;
  std::optional<Clock::time_point> kill_at_;  // SIGKILL begins; nothing while nothing is to end
  Clock::time_point next_kill_;               // the next round of it
  int blind_looks_ = 0;                       // in a row, which did not show the tree
  bool was_blind_ = false;                    // ever, which is among the remarks then
  Ending ending_;
};

}  // namespace slipway::launcher
