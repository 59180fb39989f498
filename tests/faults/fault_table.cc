#include "tests/faults/fault_table.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <sstream>
#include <utility>

namespace slipway::tests {

namespace {

// What these calls fail with on some host on some day, as their manual pages say: a full or broken
// disk, too many open files, a security module, a signal.
struct Row {
  std::vector<std::string_view> calls;
  std::vector<int> errors;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> table{
      {{"openat", "openat2", "open"}, {ENOSPC, EIO, EMFILE, EACCES, EINTR}},
      {{"mkdirat", "mkdir", "symlinkat", "linkat"}, {ENOSPC, EIO, EACCES}},
      {{"renameat", "renameat2", "rename"}, {ENOSPC, EIO, EACCES}},
      {{"unlinkat", "unlink", "rmdir"}, {EIO, EACCES}},
      {{"write", "pwrite64", "writev", "pwritev"}, {ENOSPC, EIO, EINTR}},
      {{"copy_file_range", "sendfile", "fallocate", "ftruncate"}, {ENOSPC, EIO, EINTR}},
      {{"fsync", "fdatasync"}, {ENOSPC, EIO, EINTR}},
      {{"read", "pread64", "readv"}, {EIO, EINTR}},
      {{"getdents64", "lseek"}, {EIO}},
      {{"close"}, {EIO, EINTR}},
      {{"fstat", "newfstatat", "statx", "fstatfs", "statfs", "fgetxattr"}, {EIO, EACCES}},
      {{"readlink", "readlinkat", "faccessat2", "access", "faccessat"}, {EIO, EACCES}},
      {{"fchmod", "fchmodat", "chmod", "fchown", "fchownat", "utimensat"}, {EIO, EACCES, EPERM}},
      {{"flock"}, {EINTR, ENOLCK}},
      {{"open_tree", "fsopen", "fsmount"}, {EIO, EMFILE, EACCES}},
      {{"fsconfig", "move_mount", "mount_setattr", "mount", "umount2"}, {EIO, ENOSPC, EACCES}},
      {{"unshare", "setns"}, {ENOSPC, EPERM}},
      {{"clone", "clone3", "fork", "vfork"}, {EAGAIN}},
      {{"execve"}, {EIO, EACCES, EMFILE}},
      {{"pipe2", "dup", "dup2", "dup3", "fcntl", "memfd_create", "pidfd_open"}, {EMFILE}},
      {{"socket", "socketpair", "eventfd2", "epoll_create1", "signalfd4"}, {EMFILE, EACCES}},
      {{"connect"}, {EACCES, EIO}},
      {{"sendto", "sendmsg", "recvfrom", "recvmsg"}, {EIO, EINTR}},
      {{"getsockopt", "setsockopt", "getpeername", "getsockname"}, {EIO}},
      {{"poll", "ppoll", "epoll_wait", "epoll_pwait", "select", "pselect6", "clock_nanosleep"},
       {EINTR}},
      {{"wait4", "waitid"}, {EINTR}},
      {{"getrandom"}, {EINTR}},
      {{"ioctl"}, {EIO}},
      {{"setresuid", "setresgid", "setgroups", "setuid", "setgid"}, {EAGAIN, EPERM}},
      {{"capset", "prctl", "close_range", "setsid"}, {EPERM}},
      // They report nothing: what counts is that they were not made (setfsuid(2)).
      {{"setfsuid", "setfsgid"}, {EPERM}},
      {{"pivot_root"}, {EBUSY, EPERM}},
      {{"landlock_create_ruleset"}, {EPERM, EMFILE}},
      {{"landlock_add_rule", "landlock_restrict_self"}, {EPERM}},
      {{"fchdir", "chdir", "getcwd"}, {EIO, EACCES}},
  };
  return table;
}

// What a process asks about itself, or does to its own memory and signals.
const std::set<std::string_view>& calls_about_itself() {
  static const std::set<std::string_view> table{
      "arch_prctl",
      "brk",
      "capget",
      "futex",
      "getegid",
      "geteuid",
      "getgid",
      "getgroups",
      "getpid",
      "getppid",
      "getresgid",
      "getresuid",
      "gettid",
      "getuid",
      "madvise",
      "mmap",
      "mprotect",
      "munmap",
      "prlimit64",
      "rseq",
      "rt_sigaction",
      "rt_sigprocmask",
      "sched_getaffinity",
      "set_robust_list",
      "set_tid_address",
      "sysinfo",
      "umask",
      "uname",
  };
  return table;
}

// Nothing but slipway's own memory is another after these: a kill at the next call finds what a
// kill at this one found.
bool is_quiet(std::string_view call) {
  static const std::set<std::string_view> others{
      "access",      "close",       "faccessat",  "faccessat2", "fadvise64",  "fcntl",
      "fgetxattr",   "fstat",       "fstatfs",    "getcwd",     "getdents64", "getrandom",
      "getrlimit",   "getsockname", "getsockopt", "ioctl",      "lseek",      "newfstatat",
      "poll",        "ppoll",       "pread64",    "read",       "readlink",   "readlinkat",
      "sigaltstack", "statfs",      "statx",
  };
  return calls_about_itself().contains(call) || others.contains(call);
}

const std::vector<std::string_view>& newer_calls() {
  static const std::vector<std::string_view> table{
      "openat2",
      "open_tree",
      "move_mount",
      "mount_setattr",
      "fsopen",
      "fsconfig",
      "fsmount",
      "close_range",
      "faccessat2",
      "statx",
      "renameat2",
      "copy_file_range",
      "landlock_add_rule",
      "landlock_create_ruleset",
      "pidfd_open",
      "landlock_restrict_self",
      "clone3",
      "pidfd_send_signal",
      "memfd_create",
      "getrandom",
      "unshare",
      "fallocate",
      "fadvise64",
      "sendfile",
      "signalfd4",
      "eventfd2",
      "epoll_create1",
      "fgetxattr",
      "utimensat",
      "sched_getaffinity",
      "ioctl",
      "name_to_handle_at",
  };
  return table;
}

// Without a row: what these say is not up to a host and its day; and memory there is, or the kernel
// kills.
bool needs_no_row(std::string_view call) {
  static const std::set<std::string_view> others{"exit", "exit_group", "getpgrp", "kill",
                                                 "pidfd_send_signal"};
  return calls_about_itself().contains(call) || others.contains(call);
}

const std::vector<int>& errors_of(const std::string& call) {
  static const std::vector<int> none;
  const auto found = std::ranges::find_if(rows(), [&](const Row& row) {
    return std::ranges::find(row.calls, call) != row.calls.end();
  });
  return found == rows().end() ? none : found->errors;
}

// Of what the dynamic loader does, only whether it finds its files.
bool counts(const Call& call) {
  return !call.starting || call.name == "openat" || call.name == "execve";
}

void add_errors(std::vector<Fault>& faults, const Call& call) {
  // What fails before slipway's own code runs, slipway cannot tell.
  if (call.process == 1 && call.starting) return;
  for (const int error : errors_of(call.name)) {
    if (error == EINTR && call.starting) continue;  // the loader takes no signals
    faults.push_back({call.process, call.name, call.when, Span::kOnce, error});
    // One that comes every time is waited for, as it should.
    if (error != EINTR) {
      faults.push_back({call.process, call.name, call.when, Span::kFromThen, error});
    }
  }
}

void add_interruptions(std::vector<Fault>& faults, const std::vector<Call>& calls) {
  std::set<std::string> seen;
  for (const Call& call : calls) {
    const auto& errors = errors_of(call.name);
    if (call.starting || std::ranges::find(errors, EINTR) == errors.end()) continue;
    if (!seen.insert(call.name).second) continue;
    for (int when = 1; when <= 3; ++when) {
      faults.push_back({0, call.name, when, Span::kEveryThird, EINTR});
    }
  }
}

}  // namespace

std::vector<Call> parse_calls(std::string_view report) {
  std::vector<Call> calls;
  std::map<std::pair<int, std::string>, int> counted;
  std::istringstream lines{std::string(report)};
  for (std::string kind, phase; lines >> kind;) {
    Call call;
    if (kind != "call") {
      std::getline(lines, kind);
      continue;
    }
    lines >> call.process >> phase >> call.name;
    call.starting = phase == "start";
    call.when = ++counted[{call.process, call.name}];
    calls.push_back(std::move(call));
  }
  return calls;
}

std::vector<Fault> faults_in(const std::vector<Call>& calls) {
  std::vector<Fault> faults;
  std::map<int, std::string> previous;
  for (const Call& call : calls) {
    const std::string& before = previous[call.process];
    if (counts(call)) {
      if (!is_quiet(before)) {
        faults.push_back({call.process, call.name, call.when, Span::kOnce, 0});
      }
      add_errors(faults, call);
    }
    previous[call.process] = call.name;
  }
  add_interruptions(faults, calls);
  return faults;
}

std::set<std::string> unknown_in(const std::vector<Call>& calls) {
  std::set<std::string> names;
  for (const Call& call : calls) {
    if (errors_of(call.name).empty() && !needs_no_row(call.name)) {
      names.insert(call.name);
    }
  }
  return names;
}

std::vector<Fault> missing_calls_in(const std::vector<Call>& calls) {
  std::vector<Fault> faults;
  for (const std::string_view each : newer_calls()) {
    const bool made = std::ranges::any_of(
        calls, [&](const Call& call) { return !call.starting && call.name == each; });
    if (!made) continue;
    for (const int error : {ENOSYS, EPERM}) {
      faults.push_back({0, std::string(each), 1, Span::kFromThen, error});
    }
  }
  return faults;
}

}  // namespace slipway::tests
