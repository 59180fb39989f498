#include "sandbox/stand_ins.h"

#include <algorithm>
#include <tuple>

#include "sandbox/base/text.h"

namespace slipway::sandbox {

namespace {

struct Mark {
  char character;
  std::string_view number;  // which can be written in one way only
};

constexpr Mark kMarks[] = {{'`', "0060"}, {'$', "0024"}, {'@', "0040"}, {'%', "0025"},
                           {'&', "0026"}, {'!', "0021"}, {'(', "0028"}, {')', "0029"}};

bool is_in(std::string_view text, const Mark& mark) {
  return text.find(mark.character) != std::string_view::npos ||
         text.find(cat("\\u", mark.number)) != std::string_view::npos ||
         text.find(cat("\\U0000", mark.number)) != std::string_view::npos;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

auto order_of(const LineColumn& at) {
  return std::tuple(at.line, at.column);
}

}  // namespace

std::optional<StandIns> StandIns::make(std::string_view text) {
  StandIns made;
  if (is_ascii(text)) {
    made.ascii_ = text;
    return made;
  }
  const auto* mark =
      std::ranges::find_if(kMarks, [&](const Mark& each) { return !is_in(text, each); });
  if (mark == std::end(kMarks)) return std::nullopt;
  made.mark_ = mark->character;
  made.ascii_.reserve(text.size());
  LineColumn at{1, 1};
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text), 1);
    if (length > 1) made.characters_.push_back({at, text.substr(0, length)});
    made.ascii_ += length > 1 ? made.mark_ : text.front();
    at = text.front() == '\n' ? LineColumn{at.line + 1, 1} : LineColumn{at.line, at.column + 1};
    text.remove_prefix(length);
  }
  return made;
}

std::string StandIns::restore(std::string_view part, const LineColumn& at) const {
  auto next = std::ranges::lower_bound(characters_, order_of(at), {},
                                       [](const Character& each) { return order_of(each.at); });
  std::string out;
  for (const char c : part) {
    if (c == mark_ && next != characters_.end()) {
      out += (next++)->bytes;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace slipway::sandbox
