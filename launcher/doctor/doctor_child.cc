#include "launcher/doctor/doctor_child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"
#include "sandbox/json_read.h"
#include "sandbox/json_writer.h"

namespace slipway::launcher {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMostBytes = std::size_t{1} << 20;  // of all findings of a check
constexpr milliseconds kAfterKill{1000};                  // in which a process ends of SIGKILL
constexpr milliseconds kTick{10};

int pipe_of_findings = -1;  // in the child

std::uint64_t number_of(Verdict verdict) {
  return static_cast<std::uint64_t>(verdict);
}

Result<Verdict> verdict_of(int number) {
  if (number < 0 || number > static_cast<int>(Verdict::kFail)) return Error("an unknown verdict");
  return static_cast<Verdict>(number);
}

milliseconds left_until(Clock::time_point end) {
  return std::max(std::chrono::ceil<milliseconds>(end - Clock::now()), milliseconds(0));
}

// Everything up to the end of the pipe; nothing when that does not come in time.
Result<std::optional<std::string>> read_until(int pipe, Clock::time_point end) {
  std::string text;
  std::byte buffer[4096];
  for (;;) {
    pollfd waited{pipe, POLLIN, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(left_until(end).count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::optional<std::string>();
    const std::size_t count = TRY(sys::read(pipe, buffer));
    if (count == 0) return std::optional(std::move(text));
    text.append(reinterpret_cast<const char*>(buffer), count);
    if (text.size() > kMostBytes) return Error("it says more than a check has to say");
  }
}

// Its wait status; nothing for one that does not end in time. 0 where nobody knows: a caller that
// ignores SIGCHLD leaves no status (wait(2), ECHILD).
std::optional<int> ended_until(pid_t child, Clock::time_point end) {
  for (;;) {
    int status = 0;
    const pid_t found = ::waitpid(child, &status, WNOHANG);
    if (found == child) return status;
    if (found < 0 && errno != EINTR) return 0;
    if (left_until(end) == milliseconds(0)) return std::nullopt;
    const timespec pause{0, std::chrono::nanoseconds(kTick).count()};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace

std::string pack(const std::vector<Finding>& findings) {
  sandbox::JsonWriter json;
  json.begin_object().key("findings").begin_array();
  for (const Finding& each : findings) {
    json.begin_object().member("subject", each.subject);
    json.member("verdict", number_of(each.verdict)).member("what", each.what);
    json.member("remedy", each.remedy).end_object();
  }
  return json.end_array().end_object().str();
}

Result<std::vector<Finding>> unpack(std::string_view text) {
  const auto document = sandbox::parse_json(text, kMostBytes);
  if (!document) return Error("it says nothing that is understood");
  std::vector<Finding> findings;
  const auto* list = TRY(member_of(document->root, "findings", sandbox::JsonKind::kArray));
  for (const sandbox::JsonValue& each : list->items) {
    Finding finding;
    finding.subject = TRY(sandbox::read_text(each, "subject"));
    finding.verdict = TRY(verdict_of(TRY(sandbox::read_number<int>(each, "verdict"))));
    finding.what = TRY(sandbox::read_text(each, "what"));
    finding.remedy = TRY(sandbox::read_text(each, "remedy"));
    findings.push_back(std::move(finding));
  }
  return findings;
}

Result<std::vector<Finding>> in_child(const std::function<std::vector<Finding>()>& work,
                                      milliseconds limit) {
  const auto end = Clock::now() + limit;
  auto [from, into] = TRY(sys::make_pipe());
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return Error::system(errno, "fork");
  if (child == 0) {
    from.reset();
    if (!sandbox::die_with(parent)) ::_exit(1);
    pipe_of_findings = into.get();
    ::_exit(sys::write_all(into.get(), pack(work())) ? 0 : 1);
  }
  into.reset();
  auto said = read_until(from.get(), end);
  if (!said || !*said) ::kill(child, SIGKILL);
  const auto status = ended_until(child, std::max(end, Clock::now() + kAfterKill));
  if (!status) ::kill(child, SIGKILL);  // it has said everything, and does not end
  if (!said) return std::move(said).error();
  if (!*said) return Error(cat("it took longer than ", limit.count() / 1000, " s"));
  if (status && WIFSIGNALED(*status)) {
    return Error(cat("it was killed by signal ", WTERMSIG(*status)));
  }
  return unpack(**said);
}

Result<void> let_go_of_the_parent() {
  const Fd null = TRY(sys::open_at(AT_FDCWD, "/dev/null", O_RDWR));
  for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    TRY(sys::duplicate_onto(null.get(), each));
  }
  TRY(sandbox::close_from_but(STDERR_FILENO + 1, {null.get(), pipe_of_findings}));
  if (::setsid() < 0) return Error::system(errno, "setsid");
  return {};
}

}  // namespace slipway::launcher
