// The processes below one, found in /proc, and signals for them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/result.h"

namespace slipway::launcher {

// What /proc/PID/stat says (proc(5)).
struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  std::string name;
  char state = ' ';  // 'T' stopped, 'Z' zombie, …; ' ' not known
  // Clock ticks since boot: tells a process from a later one of its pid. 0: not known, and a child
  // of this process that has not been reaped, whose pid is its own.
  std::uint64_t started = 0;
};

// The text of one /proc/PID/stat; nothing where it is none. The name in it may hold blanks and
// parentheses. Pure.
std::optional<Process> parse_stat(std::string_view text);

// Those of `all` that are below `root`, parents before their children. Pure.
std::vector<Process> below(pid_t root, const std::vector<Process>& all);

// The processes below this one, which has one thread. An error where /proc is not there or not of
// this process's pid namespace. Of those that /proc hides from its user (hidepid=, proc(5)) only
// this one's own children are found, without their names. The list is not of one moment: a process
// whose parent ended while it was made may be missing.
Result<std::vector<Process>> descendants();

enum class Delivery {
  kDelivered,
  kGone,     // it has ended
  kRefused,  // a process of somebody else's (a setuid program)
};

// Sends the signal to that process, never to a later one that has been given its pid.
Delivery deliver(const Process& process, int signal);

}  // namespace slipway::launcher
