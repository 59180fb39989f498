// Lines for a person, on stderr: one event, one line, hostile text escaped by who writes the line
// (quote()). Library code returns errors instead of logging them.
#pragma once

#include <chrono>
#include <string_view>

namespace slipway::log {

enum class Level { kError, kWarning, kInfo, kDebug };

// What is shown; kInfo when nothing was said. Set once, at start.
void set_threshold(Level most_verbose);
// The name in front of each line; "slipway" when nothing was said.
void set_program(const char* name);

// Where the lines go; standard error when nothing was said. Borrowed, and in use until the end.
void set_descriptor(int fd);

// From then on, what the descriptor does not take within the time is left out. Until then it waits.
void set_patience(std::chrono::milliseconds patience);

[[nodiscard]] bool shows(Level level);

// Writes "PROGRAM: [LEVEL: ]LINE\n" with one write(2) of at most PIPE_BUF bytes (pipe(7)), so that
// lines of several processes do not mix; of a longer one the middle is left out. Control characters
// that slipped through are escaped.
void line(Level level, std::string_view text);

// The text as it is and a newline, with no name in front, to be taken by whoever reads it. Only
// where kInfo is shown.
void bare(std::string_view text);

inline void error(std::string_view text) {
  line(Level::kError, text);
}
inline void warning(std::string_view text) {
  line(Level::kWarning, text);
}
inline void info(std::string_view text) {
  line(Level::kInfo, text);
}
inline void debug(std::string_view text) {
  line(Level::kDebug, text);
}

}  // namespace slipway::log
