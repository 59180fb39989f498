#include "tests/support/screen.h"

#include <algorithm>
#include <cstdlib>

namespace slipway::tests {

namespace {

std::string joined(const std::vector<std::string>& cells) {
  std::string text;
  for (const std::string& cell : cells) text += cell;
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

// Of a character in UTF-8, by its first byte.
std::size_t size_of(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace

void Screen::feed(std::string_view bytes) {
  pending_ += bytes;
  while (!pending_.empty() && take_one()) continue;
}

// False where more has to come first.
bool Screen::take_one() {
  const char c = pending_.front();
  if (c == '\x1b') return take_sequence();
  const std::size_t size = size_of(c);
  if (pending_.size() < size) return false;
  const std::string character = pending_.substr(0, size);
  pending_.erase(0, size);
  if (c == '\r') {
    column_ = 0;
  } else if (c == '\n') {
    line_feed();
  } else {
    put(character);
  }
  return true;
}

bool Screen::take_sequence() {
  if (pending_.size() < 2) return false;
  if (pending_[1] != '[') {
    unknown_.push_back(pending_.substr(0, 2));
    pending_.erase(0, 2);
    return true;
  }
  const auto final_byte = std::find_if(pending_.begin() + 2, pending_.end(),
                                       [](char c) { return c >= '@' && c <= '~'; });
  if (final_byte == pending_.end()) return false;
  const std::string sequence(pending_.begin(), final_byte + 1);
  pending_.erase(pending_.begin(), final_byte + 1);
  obey(sequence.back(), std::strtoul(sequence.c_str() + 2, nullptr, 10), sequence);
  return true;
}

void Screen::obey(char final_byte, std::size_t number, std::string_view sequence) {
  if (final_byte == 'A') {
    row_ = std::max(top_, row_ - std::min(row_, std::max<std::size_t>(number, 1)));
  } else if (final_byte == 'K' && number == 0) {
    line().resize(std::min(line().size(), column_));
  } else if (final_byte == 'J' && number == 0) {
    line().resize(std::min(line().size(), column_));
    lines_.resize(row_ + 1);
  } else {
    unknown_.emplace_back(sequence);
  }
}

Screen::Cells& Screen::line() {
  if (lines_.size() <= row_) lines_.resize(row_ + 1);
  return lines_[row_];
}

void Screen::line_feed() {
  ++row_;
  if (row_ >= top_ + rows_) top_ = row_ + 1 - rows_;
}

// A character behind the last column begins the next line, as xterm has it.
void Screen::put(std::string_view character) {
  if (column_ == columns_) {
    wrapped_.push_back(joined(line()));
    column_ = 0;
    line_feed();
  }
  if (line().size() <= column_) line().resize(column_ + 1, " ");
  line()[column_++] = character;
}

std::vector<std::string> Screen::lines() const {
  std::vector<std::string> all;
  for (const Cells& cells : lines_) all.push_back(joined(cells));
  while (!all.empty() && all.back().empty()) all.pop_back();
  return all;
}

}  // namespace slipway::tests
