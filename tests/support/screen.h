// What a person sees of what a program writes to a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tests {

// Understands text, CR, LF, and of ECMA-48 what progress is drawn with: CUU, EL and ED to the end.
// Everything else is in unknown(). What has scrolled out is still among the lines, and out of the
// cursor's reach.
class Screen {
 public:
  Screen(std::size_t columns, std::size_t rows) : columns_(columns), rows_(rows) {}

  // May end anywhere, also within a sequence.
  void feed(std::string_view bytes);

  // Without blanks at the end of a line, and without empty lines at the end.
  [[nodiscard]] std::vector<std::string> lines() const;
  // Where the cursor is; 0 is the left.
  [[nodiscard]] std::size_t column() const { return column_; }
  [[nodiscard]] std::size_t row() const { return row_; }  // in lines()
  // The beginnings of lines that were longer than the screen is wide.
  [[nodiscard]] const std::vector<std::string>& wrapped() const { return wrapped_; }
  [[nodiscard]] const std::vector<std::string>& unknown() const { return unknown_; }

 private:
  using Cells = std::vector<std::string>;  // a character each

  bool take_one();
  bool take_sequence();
  void obey(char final_byte, std::size_t number, std::string_view sequence);
  void put(std::string_view character);
  void line_feed();
  Cells& line();

  std::size_t columns_;
  std::size_t rows_;
  std::string pending_;
  std::vector<Cells> lines_;
  std::size_t row_ = 0;
  std::size_t top_ = 0;  // the first line that has not scrolled out
  std::size_t column_ = 0;
  std::vector<std::string> wrapped_;
  std::vector<std::string> unknown_;
};

}  // namespace slipway::tests
