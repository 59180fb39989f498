#include "launcher/fetch_stage.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "fetcher/fetch_event.h"
#include "fetcher/work_order.h"
#include "launcher/c_strings.h"
#include "launcher/fetch_account.h"
#include "launcher/own_environment.h"
#include "launcher/progress_screen.h"
#include "launcher/terminal.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"

namespace slipway::launcher {

namespace {

// What the fetcher may know of the caller's environment: how to reach the network. Upper-case
// HTTP_PROXY is left out, as curl does: a CGI caller's clients choose it.
constexpr const char* kPassedOn[] = {
    "http_proxy", "https_proxy", "all_proxy",     "no_proxy",     "HTTPS_PROXY",
    "ALL_PROXY",  "NO_PROXY",    "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE",
};

constexpr char kFetcherBesideUs[] = "../libexec/slipway/slipway-fetcher";

// What the hadoop client may know besides: who it is and where its Java and its configuration are.
// Not HADOOP_HOME: which program runs is for the settings to say.
constexpr const char* kPassedOnToHadoop[] = {
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "JAVA_HOME", "KRB5CCNAME", "KRB5_CONFIG",
};
constexpr std::string_view kHadoopPrefixes[] = {"HADOOP_", "HDFS_", "AWS_"};

bool is_passed_on(std::string_view name, bool hadoop) {
  if (std::ranges::find(kPassedOn, name) != std::end(kPassedOn)) return true;
  if (!hadoop || name == "HADOOP_HOME") return false;
  return std::ranges::find(kPassedOnToHadoop, name) != std::end(kPassedOnToHadoop) ||
         std::ranges::any_of(kHadoopPrefixes, [&](auto each) { return name.starts_with(each); });
}

std::vector<std::string> fetcher_environment(const fetcher::FetchPlan& plan) {
  std::vector<std::string> assignments;
  const bool hadoop = fetcher::needs_hadoop(plan);
  for (const auto& [name, value] : own_environment()) {
    if (is_passed_on(name, hadoop)) assignments.push_back(cat(name, '=', value));
  }
  const std::string& home = plan.transfers.network.hadoop_home;
  if (hadoop && !home.empty()) assignments.push_back(cat("HADOOP_HOME=", home));
  return assignments;
}

// The order in a file that has no name: readable by nobody who could not read this process's
// memory.
Result<Fd> write_order(const fetcher::WorkOrder& work) {
  const int raw = ::memfd_create("slipway-order", MFD_CLOEXEC);
  if (raw < 0) return Error::system(errno, "memfd_create");
  Fd order(raw);
  TRY(sys::write_all(order.get(), fetcher::to_json(work)));
  if (::lseek(order.get(), 0, SEEK_SET) != 0) return Error::system(errno, "lseek");
  return order;
}

Result<void> confine(const FetchStage& stage, const Fd& program) {
  sandbox::FetchConfinement allowed;
  if (stage.sandbox) allowed.writable_dirs.push_back(*stage.sandbox);
  if (stage.cache) allowed.writable_dirs.push_back(stage.cache->get());
  allowed.executables.push_back(program.get());
  if (fetcher::needs_hadoop(stage.plan)) {
    allowed.execution = sandbox::FetchConfinement::Execution::kAny;
  }
  allowed.landlock = stage.landlock;
  const auto outcome = TRY(sandbox::confine_fetch_stage(allowed));
  if (outcome == sandbox::LandlockOutcome::kUnavailable) {
    log::debug(
        "the kernel offers no Landlock (or only its first version): the fetch stage runs without");
  }
  return {};
}

// The descriptors that the fetcher finds, and no others.
Result<void> hand_over(const FetchStage& stage, const Fd& order) {
  // The targets may be in use as sources: first out of the way, then into place.
  constexpr int kOutOfTheWay = 10;
  const Fd sandbox = stage.sandbox ? TRY(sys::duplicate(*stage.sandbox, kOutOfTheWay)) : Fd();
  const Fd cache = stage.cache ? TRY(sys::duplicate(stage.cache->get(), kOutOfTheWay)) : Fd();
  TRY(sys::duplicate_onto(order.get(), STDIN_FILENO));
  // Whatever else the caller left open is not the fetcher's business.
  std::vector<int> kept;
  if (sandbox) {
    TRY(sys::duplicate_onto(sandbox.get(), fetcher::kSandboxFd));
    kept.push_back(fetcher::kSandboxFd);
  }
  if (cache) {
    TRY(sys::duplicate_onto(cache.get(), fetcher::kCacheFd));
    kept.push_back(fetcher::kCacheFd);
  }
  return sandbox::close_from_but(STDERR_FILENO + 1, std::move(kept));
}

// In the child. Returns only what went wrong.
Result<void> become_fetcher(const FetchStage& stage, const Fd& order, pid_t parent) {
  std::string path = TRY(fetcher_path());
  // Opened before the rights are gone; whoever can run slipway can run it.
  const Fd program = TRY(sys::open_at(AT_FDCWD, path, O_RDONLY).context("the fetch program"));
  std::vector<std::string> environment = fetcher_environment(stage.plan);
  sandbox::reset_signals();
  TRY(sandbox::become(stage.user));
  // Root that stays root reads and writes files as it always does; nothing else is left to it.
  TRY(stage.user.uid == 0 ? sandbox::keep_file_capabilities() : sandbox::drop_capabilities());
  // After the change of identity, which clears it.
  TRY(sandbox::die_with(parent));
  ::umask(022);
  TRY(confine(stage, program));
  TRY(hand_over(stage, order));
  std::vector<std::string> arguments{"slipway-fetcher"};
  ::execve(path.c_str(), c_strings(arguments).data(), c_strings(environment).data());
  return Error::system(errno, cat("execute ", quote(path)));
}

// The child's whole life; its standard output is the pipe of events from the start.
[[noreturn]] void run_child(const FetchStage& stage, const Fd& order, const Fd& events,
                            pid_t parent) {
  if (!sys::duplicate_onto(events.get(), STDOUT_FILENO)) ::_exit(1);
  const auto became = become_fetcher(stage, order, parent);
  const Error error = Error(became.error()).as(MessageCode::kFetchProgram);
  const fetcher::StageFailedEvent event{
      code_of(error), cat("starting the fetch stage: ", error.message()), error.remedy()};
  ::_exit(sys::write_all(STDOUT_FILENO, fetcher::to_json_line(event)) ? 1 : 2);
}

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
    const std::size_t count = TRY(sys::read(events, buffer));
    if (count == 0) return {};
    pending.append(reinterpret_cast<const char*>(buffer), count);
    for (std::size_t end = 0; (end = pending.find('\n')) != std::string::npos;
         pending.erase(0, end + 1)) {
      account.take(TRY(fetcher::parse_event(std::string_view(pending).substr(0, end))
                           .context("an event of slipway-fetcher")));
    }
    if (pending.size() > kLineLimit) return Error("slipway-fetcher sends a line without end");
  }
}

Result<FetchOutcome> judge(const FetchStage& stage, const FetchAccount& account, int status) {
  const bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  // Where there is no sandbox, there is nothing to place.
  if (good && account.failed_uris() == 0 && (account.placed() || !stage.sandbox)) {
    return FetchOutcome::kPlaced;
  }
  if (account.stage_error()) return *account.stage_error();
  if (account.failed_uris() > 0) return FetchOutcome::kFailed;
  if (account.placed()) {
    return Error("slipway-fetcher failed after it had placed everything")
        .as(MessageCode::kFetchProgram);
  }
  if (WIFSIGNALED(status)) {
    return Error(cat("slipway-fetcher was killed by signal ", WTERMSIG(status)))
        .as(MessageCode::kFetchProgram);
  }
  return Error(cat("slipway-fetcher ended with status ", WEXITSTATUS(status), " without a word"))
      .as(MessageCode::kFetchProgram);
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

Result<std::string> fetcher_path() {
  const std::string self = TRY(sys::read_link(AT_FDCWD, "/proc/self/exe"));
  return self.substr(0, self.rfind('/') + 1) + kFetcherBesideUs;
}

Result<FetchOutcome> run_fetch_stage(FetchStage stage) {
  const auto screen = open_screen(stage.plan);
  const Fd order = TRY(write_order({stage.plan, stage.cache.has_value(),
                                    screen != nullptr || stage.report.wants_progress(),
                                    !stage.sandbox.has_value()}));
  auto [events, into_events] = TRY(sys::make_pipe());
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return Error::system(errno, "fork");
  if (child == 0) {
    run_child(stage, order, into_events, self);
  }
  into_events.reset();
  FetchAccount account(
      stage.plan, stage.sandbox ? FetchAccount::Into::kSandbox : FetchAccount::Into::kCacheOnly,
      stage.report, screen.get());
  auto followed = follow(events.get(), account, screen.get());
  if (!followed) ::kill(child, SIGKILL);
  const int status = TRY(sys::wait_for(child));
  account.conclude();
  if (!followed) return std::move(followed).error();
  return judge(stage, account, status);
}

}  // namespace slipway::launcher
