#include "launcher/launch/process_tree.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), into);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

// The words of `text`, separated by one blank each.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// Nothing where the process has ended.
std::optional<Process> read_process(int proc, const std::string& pid) {
  constexpr std::size_t kStatLimit = 4096;
  const auto file = sys::open_at(proc, pid + "/stat", O_RDONLY);
  if (!file) return std::nullopt;
  const auto text = sys::read_to_end(file->get(), kStatLimit);
  return text ? parse_stat(*text) : std::nullopt;
}

Result<Fd> open_proc() {
  return sys::open_at(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY);
}

// The children of this process of one thread; none where the kernel does not tell
// (CONFIG_PROC_CHILDREN). Unlike the entries of /proc it has them all (hidepid=, proc(5)).
std::vector<pid_t> own_children(int proc) {
  constexpr std::size_t kChildrenLimit = 1U << 20;
  const auto file = sys::open_at(proc, cat("self/task/", ::getpid(), "/children"), O_RDONLY);
  if (!file) return {};
  const auto text = sys::read_to_end(file->get(), kChildrenLimit);
  if (!text) return {};
  std::vector<pid_t> children;
  for (const std::string_view word : split(*text)) {
    if (pid_t child = 0; read_number(word, child)) children.push_back(child);
  }
  return children;
}

Delivery outcome(long result) {
  if (result == 0) return Delivery::kDelivered;
  return errno == EPERM ? Delivery::kRefused : Delivery::kGone;
}

}  // namespace

std::optional<Process> parse_stat(std::string_view text) {
  const std::size_t open = text.find(" (");
  const std::size_t close = text.rfind(") ");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  // proc(5) counts from 1, and the state behind the name is number 3.
  constexpr std::size_t kState = 3, kParent = 4, kStarted = 22;
  const auto words = split(text.substr(close + 2));
  if (words.size() <= kStarted - kState) return std::nullopt;
  Process process;
  process.name = text.substr(open + 2, close - open - 2);
  process.state = words[0].empty() ? ' ' : words[0].front();
  const bool good = read_number(text.substr(0, open), process.pid) &&
                    read_number(words[kParent - kState], process.parent) &&
                    read_number(words[kStarted - kState], process.started);
  return good ? std::optional(std::move(process)) : std::nullopt;
}

std::vector<Process> below(pid_t root, const std::vector<Process>& all) {
  std::multimap<pid_t, const Process*> children;
  for (const Process& each : all) children.emplace(each.parent, &each);
  std::vector<Process> found;
  const auto add_children_of = [&](pid_t parent) {
    const auto [first, last] = children.equal_range(parent);
    for (auto each = first; each != last; ++each) found.push_back(*each->second);
    children.erase(parent);  // so that no list, however wrong, leads round in a circle
  };
  add_children_of(root);
  for (std::size_t i = 0; i < found.size(); ++i) add_children_of(found[i].pid);
  return found;
}

Result<std::vector<Process>> descendants() {
  const Fd proc = TRY(open_proc());
  // Numbers of another pid namespace would be those of strangers here.
  if (TRY(sys::read_link(proc.get(), "self")) != cat(::getpid())) {
    return Error("/proc belongs to another pid namespace").hint("mount the proc of this one");
  }
  std::vector<Process> all;
  for (const auto& entry : TRY(sys::list(proc.get()))) {
    if (entry.name.front() < '0' || entry.name.front() > '9') continue;
    if (auto process = read_process(proc.get(), entry.name)) all.push_back(*std::move(process));
  }
  auto found = below(::getpid(), all);
  for (const pid_t child : own_children(proc.get())) {
    if (std::ranges::find(found, child, &Process::pid) != found.end()) continue;
    auto process = read_process(proc.get(), cat(child));
    found.push_back(process ? *std::move(process)
                            : Process{.pid = child, .parent = ::getpid(), .name = "?"});
  }
  return found;
}

namespace {

// A later one that has been given the pid, or none.
bool is_another(const Process& process) {
  if (process.started == 0) return false;
  const auto proc = open_proc();
  const auto now = proc ? read_process(proc->get(), cat(process.pid)) : std::nullopt;
  return !now || now->started != process.started;
}

}  // namespace

Delivery deliver(const Process& process, int signal) {
  const long raw = ::syscall(SYS_pidfd_open, process.pid, 0);
  if (raw < 0) {
    if (errno == ESRCH || is_another(process)) return Delivery::kGone;
    return outcome(::kill(process.pid, signal));  // a policy that does not know pidfd_open(2)
  }
  const Fd handle(static_cast<int>(raw));
  if (is_another(process)) return Delivery::kGone;
  if (::syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0) == 0) {
    return Delivery::kDelivered;
  }
  // Refused, or a policy that does not know the call: kill(2) tells.
  return errno == ESRCH ? Delivery::kGone : outcome(::kill(process.pid, signal));
}

}  // namespace slipway::launcher
