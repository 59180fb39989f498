// What a target asserts. Whatever breaks a promise ends the program, so that the input is kept.
#pragma once

#include <time.h>

#include <cstddef>
#include <string_view>

namespace slipway::fuzz {

// Ends the program with a message.
[[noreturn]] void broken(std::string_view promise);

inline void hold(bool kept, std::string_view promise) {
  if (!kept) broken(promise);
}

// Ends the program where this thread has had more of a CPU while this lives than an input of that
// size may cost: what costs as the square of its length is found with inputs of a few thousand
// bytes. CPU time, because the machine may have other things to do.
class TimeBound {
 public:
  explicit TimeBound(std::size_t input_bytes);
  ~TimeBound();
  TimeBound(const TimeBound&) = delete;
  TimeBound& operator=(const TimeBound&) = delete;

 private:
  std::size_t input_bytes_;
  timespec start_{};
};

// One line that a terminal obeys in nothing: no control characters.
void hold_one_line(std::string_view line, std::string_view promise);
// The same of several lines.
void hold_lines(std::string_view text, std::string_view promise);

// A path below a sandbox's root, relative and clean.
void hold_inside(std::string_view path);

}  // namespace slipway::fuzz
