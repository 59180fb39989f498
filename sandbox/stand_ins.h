// Text for a reader that can be trusted with ASCII alone. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/json.h"

namespace slipway::sandbox {

// The same text with one ASCII character, the mark, in place of each that is not ASCII: lines and
// columns (in characters) stay. The mark is nowhere else in the text, neither itself nor as an
// escape of TOML ("\u0060"), and means nothing in TOML outside of strings and comments. Keys
// that differ only in characters that are not ASCII are the same here. Text of ASCII alone stays as
// it is.
class StandIns {
 public:
  // Nothing where one is needed and no character can be the mark. `text` is UTF-8 and outlives
  // this.
  static std::optional<StandIns> make(std::string_view text);

  [[nodiscard]] const std::string& ascii() const { return ascii_; }
  // `part`, which a reader has taken from `at` on, with what the marks in it stand for.
  [[nodiscard]] std::string restore(std::string_view part, const LineColumn& at) const;
  // The mark; 0 where there is none.
  [[nodiscard]] char mark() const { return mark_; }

 private:
  struct Character {
    LineColumn at;
    std::string_view bytes;
  };

  std::string ascii_;
  char mark_ = 0;
  std::vector<Character> characters_;  // in the order of the text
};

}  // namespace slipway::sandbox
