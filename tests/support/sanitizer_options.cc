// What the runtimes of the sanitizers must know of our programs and tests. Linked into all of them
// in the sanitizers' builds, and only there: most of them start with an empty environment, which no
// ASAN_OPTIONS reach.
#include <sys/prctl.h>

#include <cstdlib>
#include <fstream>
#include <string>

extern "C" {

// LeakSanitizer's own hook, at the moment when it is about to look. It stops the threads by
// ptrace(2). The fetch stage has made itself undumpable, which forbids that to everybody: at its
// end that protects nothing any more. Under a tracer (strace, in some tests) it is impossible; the
// same code ends untraced in others.
int __lsan_is_turned_off() {  // NOLINT(bugprone-reserved-identifier): the runtime's name
  ::prctl(PR_SET_DUMPABLE, 1);
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("TracerPid:")) return std::atoi(line.c_str() + 10) != 0 ? 1 : 0;
  }
  return 1;  // no /proc, where it finds nothing either
}

// A status that no test expects. The limit on core files stays as it was found: some ask for it.
const char* __asan_default_options() {  // NOLINT(bugprone-reserved-identifier)
  return "exitcode=99:disable_coredump=0:detect_stack_use_after_return=1:strict_string_checks=1";
}

const char* __lsan_default_options() {  // NOLINT(bugprone-reserved-identifier)
  return "exitcode=99";
}

const char* __ubsan_default_options() {  // NOLINT(bugprone-reserved-identifier)
  return "exitcode=99:print_stacktrace=1";
}

const char* __tsan_default_options() {  // NOLINT(bugprone-reserved-identifier)
  // Forks of programs with threads are execs after a few calls that may be made there.
  return "exitcode=99:die_after_fork=0:second_deadlock_stack=1";
}

}  // extern "C"
