// What goes wrong in a run.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway::tests {

enum class Span {
  kOnce,        // that call only
  kFromThen,    // that call, and from then on every one of its kind in whatever process
  kEveryThird,  // every third one of its kind
};

struct Fault {
  // In the order in which they are begun, from 1; 0: whichever, where the start of a program (its
  // dynamic loader) is left alone.
  int process = 0;
  std::string call;  // "openat2"
  int when = 1;      // which of the calls of that kind, of that process (of all where that is 0)
  Span span = Span::kOnce;
  int error = 0;  // what the call fails with instead of being made; 0: the process is killed there

  [[nodiscard]] bool kills() const { return error == 0; }
  // As on a kernel or under a filter that does not know the call.
  [[nodiscard]] bool takes_away() const { return process == 0 && span == Span::kFromThen; }
  bool operator==(const Fault&) const = default;
};

// "2:openat2:7:EIO", "2:openat2:7+:ENOSPC", "*:read:1/3:EINTR", "2:openat2:7:KILL".
std::string text_of(const Fault& fault);
std::optional<Fault> parse_fault(std::string_view text);

// "ENOSPC"; 0 for what is none.
int error_number(std::string_view name);
std::string error_name(int number);

}  // namespace slipway::tests
