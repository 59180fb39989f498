#include "launcher/launch/fetch_child.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fetcher/transfer/pipe_sink.h"
#include "fetcher/work/serve.h"
#include "launcher/base/c_strings.h"
#include "launcher/plan/own_environment.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"

namespace slipway::launcher {

namespace {

constexpr char kFetcherBesideUs[] = "../libexec/slipway/slipway-fetcher";

// What the fetcher may know of the caller's environment: how to reach the network. Upper-case
// HTTP_PROXY is left out, as curl does: a CGI caller's clients choose it.
constexpr const char* kPassedOn[] = {
    "http_proxy", "https_proxy", "all_proxy",     "no_proxy",     "HTTPS_PROXY",
    "ALL_PROXY",  "NO_PROXY",    "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE",
};

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
    log::debug(cat(sandbox::kNoLandlock, ": the fetch stage runs without"));
  }
  return {};
}

// Leaves the child its sandbox and its cache, where slipway-fetcher looks for them, its standard
// descriptors, and no others: whatever else the caller left open is not its business.
Result<void> settle_descriptors(const FetchStage& stage) {
  // The targets may be in use as sources: first out of the way, then into place.
  constexpr int kOutOfTheWay = 10;
  const Fd sandbox = stage.sandbox ? TRY(sys::duplicate(*stage.sandbox, kOutOfTheWay)) : Fd();
  const Fd cache = stage.cache ? TRY(sys::duplicate(stage.cache->get(), kOutOfTheWay)) : Fd();
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

// For good: the task's user, and confined.
Result<void> become_confined(const FetchStage& stage, const std::string& program, pid_t parent) {
  // Opened before the rights are gone; whoever can run slipway can run it, but need not read it.
  const Fd opened =
      TRY(sys::open_at(AT_FDCWD, program, O_PATH)
              .context("the fetch program")
              .hint("install slipway whole: the program that fetches lies beside it"));
  sandbox::reset_signals();
  TRY(sandbox::become(stage.user));
  // Root that stays root reads and writes files as it always does; nothing else is left to it.
  TRY(stage.user.uid == 0 ? sandbox::keep_file_capabilities() : sandbox::drop_capabilities());
  // After the change of identity, which clears it.
  TRY(sandbox::die_with(parent));
  ::umask(022);
  return confine(stage, opened);
}

// Without slipway-fetcher, as it would. Returns where it takes that after all.
void serve(const FetchStage& stage, fetcher::WorkOrder& order) {
  if (fetcher::needs_fetcher(stage.plan)) return;
  // As in slipway-fetcher: the order may hold the operator's secrets, which the task's user may use
  // but need not read.
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) return;
  sandbox::survive_failed_writes();
  fetcher::PipeSink events;
  // Their own descriptors: slipway-fetcher may need those that it finds.
  auto cache = stage.cache ? sys::duplicate(fetcher::kCacheFd) : Fd();
  if (!cache) return;
  const auto served = fetcher::serve(order, fetcher::kSandboxFd, *std::move(cache), events);
  if (served == fetcher::Served::kUnfinished) return sandbox::reset_signals();
  ::_exit(served == fetcher::Served::kPlaced ? 0 : 1);
}

// Returns only what went wrong.
Result<void> become_fetcher(const FetchStage& stage, fetcher::WorkOrder order, pid_t parent) {
  std::string path = TRY(fetcher_path());
  TRY(become_confined(stage, path, parent));
  TRY(settle_descriptors(stage));
  serve(stage, order);
  sandbox::survive_failed_writes();
  const Fd text = TRY(write_order(order).context("the fetch stage's order"));
  sandbox::reset_signals();
  TRY(sys::duplicate_onto(text.get(), STDIN_FILENO));
  std::vector<std::string> arguments{"slipway-fetcher"};
  std::vector<std::string> environment = fetcher_environment(stage.plan);
  ::execve(path.c_str(), c_strings(arguments).data(), c_strings(environment).data());
  return Error::system(errno, cat("execute ", quote(path)));
}

}  // namespace

Result<std::string> fetcher_path() {
  const std::string self = TRY(sys::read_link(AT_FDCWD, "/proc/self/exe"));
  return self.substr(0, self.rfind('/') + 1) + kFetcherBesideUs;
}

void run_fetch_child(const FetchStage& stage, fetcher::WorkOrder order, const Fd& events,
                     pid_t parent) {
  if (!sys::duplicate_onto(events.get(), STDOUT_FILENO)) ::_exit(1);
  const auto became = become_fetcher(stage, std::move(order), parent);
  const Error error = Error(became.error()).as(MessageCode::kFetchProgram);
  const fetcher::StageFailedEvent event{
      code_of(error), cat("starting the fetch stage: ", error.message()), error.remedy()};
  ::_exit(sys::write_all(STDOUT_FILENO, fetcher::to_json_line(event)) ? 1 : 2);
}

}  // namespace slipway::launcher
