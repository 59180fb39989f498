#include "tests/faults/tracer.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "sandbox/base/text.h"
#include "tests/faults/call_names.h"

#ifndef __x86_64__
#error "where the number of a system call and its result are is written down for x86-64 only"
#endif

namespace slipway::tests {

namespace {

constexpr int kFailed = 99;
constexpr unsigned kPatience = 5;  // seconds that processes have to end after the first

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(kFailed);
}

// The stop after a call (PTRACE_O_TRACESYSGOOD).
constexpr int kCallMade = SIGTRAP | 0x80;

// glibc's dynamic loader asks for the stack's limit when all libraries are mapped.
constexpr long kLoaded = SYS_prlimit64;

pid_t group_of(pid_t thread) {
  std::ifstream status(cat("/proc/", thread, "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Tgid:")) return std::atoi(line.c_str() + 5);  // NOLINT(cert-err34-c)
  }
  return thread;
}

bool runs(pid_t pid, const std::string& program) {
  struct stat running {};
  struct stat wanted {};
  return ::stat(cat("/proc/", pid, "/exe").c_str(), &running) == 0 &&
         ::stat(program.c_str(), &wanted) == 0 && running.st_ino == wanted.st_ino &&
         running.st_dev == wanted.st_dev;
}

}  // namespace

int Tracer::operator()() {
  if (run_.fault) number_ = *call_number(run_.fault->call);
  // Whoever is left behind becomes our child, so that nobody is forgotten.
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) give_up("prctl");
  start();
  for (;;) {
    int status = 0;
    const pid_t thread = ::waitpid(-1, &status, __WALL);
    if (thread < 0 && errno == EINTR) {
      end_the_rest();
      continue;
    }
    if (thread < 0) break;
    WIFSTOPPED(status) ? take_stop(thread, status) : take_end(thread, status);
  }
  return exit_code_.value_or(kFailed);
}

void Tracer::start() {
  std::array<int, 2> go{};
  if (::pipe2(go.data(), O_CLOEXEC) != 0) give_up("pipe2");
  first_ = ::fork();
  if (first_ < 0) give_up("fork");
  if (first_ == 0) become_program(go[0]);
  constexpr long kOptions = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP |
                            PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                            PTRACE_O_TRACECLONE;
  if (::ptrace(PTRACE_SEIZE, first_, 0, kOptions) != 0) give_up("ptrace");
  if (::write(go[1], "", 1) != 1) give_up("write");
  ::close(go[0]);
  ::close(go[1]);
}

void Tracer::become_program(int go) const {
  char byte = 0;
  if (::read(go, &byte, 1) != 1) give_up("read");
  // As root, who needs no no_new_privs for it.
  install_filter();
  if (run_.user &&
      (::setgroups(0, nullptr) != 0 || ::setgid(*run_.user) != 0 || ::setuid(*run_.user) != 0)) {
    give_up("setuid");
  }
  std::vector<char*> argv;
  for (const auto& word : run_.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  give_up(argv[0]);
}

// Every call stops where all are to be told.
void Tracer::install_filter() const {
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const long call : {number_, kLoaded}) {
    if (!run_.fault) break;
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, run_.fault ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRACE));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) give_up("seccomp");
}

Tracer::Process& Tracer::process_of(pid_t thread) {
  const auto [at, is_new] = groups_.try_emplace(thread, 0);
  if (is_new) at->second = group_of(thread);
  Process& process = processes_[at->second];
  if (process.number == 0) {
    process.number = static_cast<int>(processes_.size());
    // What is forked goes on where its parent was; the first is what executes slipway.
    process.starting = at->second == first_;
    // Its exec tells that it is slipway, and until then it is we.
    process.is_executor = at->second == first_;
  }
  return process;
}

void Tracer::take_stop(pid_t thread, int status) {
  const int event = status >> 16;
  const int signal = WSTOPSIG(status);
  Process& process = process_of(thread);
  if (event == PTRACE_EVENT_STOP) {
    const bool stopped = signal != SIGTRAP;  // by a signal, and not because it is new
    ::ptrace(stopped ? PTRACE_LISTEN : PTRACE_CONT, thread, 0, 0);
    return;
  }
  if (signal == kCallMade) {
    set_result(thread);
    ::ptrace(PTRACE_CONT, thread, 0, 0);
    return;
  }
  auto next = PTRACE_CONT;
  if (event == PTRACE_EVENT_EXEC) take_exec(thread, process);
  if (event == PTRACE_EVENT_SECCOMP && take_call(thread, process) == Made::kAllTheSame) {
    next = PTRACE_SYSCALL;
  }
  ::ptrace(next, thread, 0, event == 0 ? signal : 0);
}

void Tracer::take_end(pid_t thread, int status) {
  groups_.erase(thread);
  if (thread != first_) return;
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  struct sigaction interrupt {};  // without SA_RESTART: it interrupts waitpid
  interrupt.sa_handler = [](int) {};
  ::sigaction(SIGALRM, &interrupt, nullptr);
  ::alarm(kPatience);
}

void Tracer::take_exec(pid_t thread, Process& process) const {
  process.starting = true;
  process.is_executor = runs(group_of(thread), run_.executor);
}

// The call just made says that it failed.
void Tracer::set_result(pid_t thread) const {
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, thread, 0, &registers) != 0) return;
  registers.rax = static_cast<unsigned long long>(-run_.fault->error);
  ::ptrace(PTRACE_SETREGS, thread, 0, &registers);
}

Tracer::Made Tracer::take_call(pid_t thread, Process& process) {
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, thread, 0, &registers) != 0) return Made::kAsItIs;
  if (process.is_executor) return Made::kAsItIs;
  const long call = static_cast<long>(registers.orig_rax);
  const int count = ++process.counts[call];
  if (!run_.fault) {
    tell_(cat("call ", process.number, process.starting ? " start " : " run ", call_name(call)));
  }
  const bool strikes = call == number_ && is_struck(process, count);
  if (call == kLoaded) process.starting = false;
  if (!strikes) return Made::kAsItIs;
  strike(thread, process, registers.rdi);
  if (run_.fault->kills()) return Made::kAsItIs;
  // Whatever it says, the descriptor is gone (close(2), "Dealing with error returns").
  if (call == SYS_close) return Made::kAllTheSame;
  // No call, and this result (seccomp(2), SECCOMP_RET_TRACE).
  registers.orig_rax = static_cast<unsigned long long>(-1);
  registers.rax = static_cast<unsigned long long>(-run_.fault->error);
  ::ptrace(PTRACE_SETREGS, thread, 0, &registers);
  return Made::kAsItIs;
}

bool Tracer::is_struck(const Process& process, int count) {
  const Fault& fault = *run_.fault;
  if (fault.process == 0 && process.starting) return false;
  ++total_;
  const bool here = fault.process == 0 ? total_ == fault.when
                                       : fault.process == process.number && count == fault.when;
  switch (fault.span) {
    case Span::kOnce:
      return here;
    case Span::kFromThen:
      return here || struck_;
    case Span::kEveryThird:
      return total_ % 3 == fault.when % 3;
  }
  return false;
}

void Tracer::strike(pid_t thread, const Process& process, unsigned long long argument) {
  if (!struck_) tell_(cat("hit ", process.number, ' ', run_.fault->call, ' ', argument));
  struck_ = true;
  if (run_.fault->kills()) ::kill(groups_.at(thread), SIGKILL);
}

void Tracer::end_the_rest() {
  for (const auto& [thread, group] : groups_) {
    if (thread != group) continue;
    std::error_code gone;
    tell_(cat("left ", thread, ' ',
              std::filesystem::read_symlink(cat("/proc/", thread, "/exe"), gone).string()));
    ::kill(thread, SIGKILL);
  }
}

}  // namespace slipway::tests
