// What a launch reports: JSON lines, for programs and for `slipway report`. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "fetcher/plan/fetch_event.h"
#include "launcher/report/ending.h"
#include "sandbox/message_code.h"

namespace slipway::launcher {

// The first line.
struct LaunchStarted {
  std::string executor;
  std::string user;     // the number where there is no name
  std::string sandbox;  // empty where only the cache is filled
  std::size_t uris = 0;
  std::size_t volumes = 0;
  std::chrono::system_clock::time_point time{};
};

// The fetch stage runs without Landlock: the kernel offers none (or only its first version).
struct FetchUnconfined {};

// What slipway-fetcher said, with the names of the URI it is about; both empty where it is about
// none.
struct UriEvent {
  std::string uri;  // redacted
  std::string destination;
  fetcher::FetchEvent event;
};

struct VolumesMounted {
  std::size_t volumes = 0;
  std::chrono::microseconds took{0};
  std::size_t overlays = 0;  // upon cached trees
};

// The next thing that happens is execve(2): there is nobody to say more, but for a LaunchFailed.
struct Executing {
  std::string file;   // as argv0 without secrets: somebody may have written a whole command there
  std::string argv0;  // the other arguments are not told at all
};

// With --supervise.
struct TreeEnded {
  Ending ending;
};

// slipway ends, and the executor was not run.
struct LaunchFailed {
  std::string_view stage;  // "sandbox", "fetch", "stdio", "mount", "user", "exec"
  MessageCode code;
  std::string message;
  std::string remedy;
  int status = 0;  // exit status
};

using ReportEvent = std::variant<LaunchStarted, FetchUnconfined, UriEvent, VolumesMounted,
                                 Executing, TreeEnded, LaunchFailed>;

// True for what is said live only: it would make the report long and nobody wiser.
bool is_progress(const ReportEvent& event);

// {"v":1,"t":MILLISECONDS,"event":…} and a newline; nothing where the event is told by another one.
// `since_start`: of a monotonic clock. The manual (REPORT) has the members of each event.
std::string to_report_line(const ReportEvent& event, std::chrono::microseconds since_start);

}  // namespace slipway::launcher
