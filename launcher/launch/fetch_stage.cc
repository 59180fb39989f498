#include "launcher/launch/fetch_stage.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "fetcher/plan/fetch_event.h"
#include "fetcher/work/staging.h"
#include "fetcher/work/work_order.h"
#include "launcher/base/say.h"
#include "launcher/launch/fetch_child.h"
#include "launcher/plan/own_environment.h"
#include "launcher/report/fetch_account.h"
#include "launcher/report/progress_screen.h"
#include "launcher/report/terminal.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"
#include "sandbox/user.h"

namespace slipway::launcher {

namespace {

// Waits until there is something to read; meanwhile the screen is kept up to date.
void wait_for_events(int events, ProgressScreen* screen) {
  pollfd waited{events, POLLIN, 0};
  constexpr auto kPause = static_cast<int>(ProgressScreen::kBetweenFrames.count());
  while (screen != nullptr && screen->is_live() && ::poll(&waited, 1, kPause) == 0) screen->draw();
}

// Reads events until the other end is closed.
Result<void> follow(int events, FetchAccount& account, ProgressScreen* screen) {
  constexpr std::size_t kLineLimit = std::size_t{1} << 20;
  std::string pending;
  std::byte buffer[4096];
  for (;;) {
    wait_for_events(events, screen);
    const std::size_t count = TRY(sys::read(events, buffer).context("what the fetch stage tells"));
    if (count == 0) return {};
    pending.append(reinterpret_cast<const char*>(buffer), count);
    for (std::size_t end = 0; (end = pending.find('\n')) != std::string::npos;
         pending.erase(0, end + 1)) {
      account.take(TRY(fetcher::parse_event(std::string_view(pending).substr(0, end))
                           .context("an event of the fetch stage")));
    }
    if (pending.size() > kLineLimit) return Error("the fetch stage sends a line without end");
  }
}

Result<FetchOutcome> judge(const FetchStage& stage, const FetchAccount& account, int status) {
  const auto ended_with = [status](int code) {
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
  };
  // Where there is no sandbox, there is nothing to place.
  if (ended_with(0) && account.failed_uris() == 0 && (account.placed() || !stage.sandbox)) {
    return FetchOutcome::kPlaced;
  }
  if (account.stage_error()) return *account.stage_error();
  if (account.failed_uris() > 0 && ended_with(1)) return FetchOutcome::kFailed;
  if (account.placed()) {
    return Error("the fetch stage failed after it had placed everything")
        .as(MessageCode::kFetchProgram);
  }
  if (ended_with(fetcher::kNoMemoryStatus)) {
    return Error("there is not enough memory for the fetch stage")
        .hint("raise what limits it: the container's memory, or ulimit -v")
        .as(MessageCode::kFetchLocal);
  }
  if (WIFSIGNALED(status)) {
    return Error(cat("the fetch stage was killed by signal ", WTERMSIG(status)))
        .as(MessageCode::kFetchProgram);
  }
  return Error(
             cat("the fetch stage ended with status ", WEXITSTATUS(status), " without saying why"))
      .as(MessageCode::kFetchProgram);
}

// Who was killed, or could not say how it ended, may have removed nothing; what it staged would be
// the sandbox's burden for as long as that is kept.
Result<void> remove_leftovers(const FetchStage& stage, const fetcher::WorkOrder& order,
                              pid_t ended) {
  const auto as_task_user = TRY(sandbox::AsUser::enter(stage.user));
  const Fd none;
  return fetcher::StagingArea::remove_of(ended, order, stage.sandbox.value_or(-1),
                                         stage.cache ? *stage.cache : none);
}

// Standard error, where that is a terminal and people want to see something.
std::unique_ptr<ProgressScreen> open_screen(const fetcher::FetchPlan& plan) {
  if (!log::shows(log::Level::kInfo)) return nullptr;
  const auto environment = own_environment();
  if (!can_draw_on(STDERR_FILENO, environment)) return nullptr;
  std::vector<std::string> names;
  for (const auto& step : plan.steps) names.push_back(step.shown_destination);
  return std::make_unique<ProgressScreen>(STDERR_FILENO, glyphs_of(environment), std::move(names));
}

}  // namespace

Result<FetchOutcome> run_fetch_stage(FetchStage stage) {
  // Where the version cannot be had, the child fails with the same error.
  const auto landlock = sandbox::landlock_version();
  if (landlock && *landlock < sandbox::kLeastLandlock) stage.report.tell(FetchUnconfined{});
  const auto screen = open_screen(stage.plan);
  fetcher::WorkOrder order{stage.plan, stage.cache.has_value(),
                           screen != nullptr || stage.report.wants_progress(),
                           !stage.sandbox.has_value()};
  auto [events, into_events] = TRY(sys::make_pipe());
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return Error::system(errno, "fork");
  if (child == 0) {
    run_fetch_child(stage, std::move(order), into_events, self);
  }
  into_events.reset();
  FetchAccount account(
      stage.plan, stage.sandbox ? FetchAccount::Into::kSandbox : FetchAccount::Into::kCacheOnly,
      stage.report, screen.get());
  auto followed = follow(events.get(), account, screen.get());
  if (!followed) ::kill(child, SIGKILL);
  const int status = TRY(sys::wait_for(child));
  account.conclude();
  auto outcome =
      followed ? judge(stage, account, status) : Result<FetchOutcome>(std::move(followed).error());
  if (outcome && *outcome == FetchOutcome::kPlaced) return outcome;
  // What the stage could say of it, it has said.
  if (const auto removed = remove_leftovers(stage, order, child);
      !removed && !account.stage_error()) {
    say_warning(MessageCode::kWarnFetch,
                cat("the staging area could not be removed: ", removed.error().message()));
  }
  return outcome;
}

}  // namespace slipway::launcher
