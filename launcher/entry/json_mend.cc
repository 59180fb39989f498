#include "launcher/entry/json_mend.h"

#include <cctype>

#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kOpening = "\xe2\x80\x9c";  // “
constexpr std::string_view kClosing = "\xe2\x80\x9d";  // ”
constexpr std::size_t kMostFaults = 50;

bool starts_word(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

// One pass over the text, token by token.
class Mender {
 public:
  explicit Mender(std::string_view text) { out_.text = text; }

  MendedJson run() {
    while (at_ < text().size() && out_.faults.size() < kMostFaults && step()) continue;
    if (!open_.empty()) out_.unclosed = open_.back();
    return std::move(out_);
  }

 private:
  std::string& text() { return out_.text; }
  char here() { return text()[at_]; }
  bool looking_at(std::string_view words) {
    return std::string_view(text()).substr(at_).starts_with(words);
  }
  void fault(std::size_t offset, std::string what, std::string remedy) {
    out_.faults.push_back({offset, std::move(what), std::move(remedy)});
  }

  // Takes one token; false where nothing behind it can be understood.
  bool step() {
    const char c = here();
    if (kBlanks.find(c) != std::string_view::npos) return ++at_, true;
    if (c == '#' || looking_at("//") || looking_at("/*")) return take_comment(), true;
    if (c == '"') return take_string();
    if (c == '\'') return take_quoted("'", "'", "single quotes");
    if (looking_at(kOpening)) return take_quoted(kOpening, kClosing, "typographic quotes");
    if (looking_at(kClosing)) return take_quoted(kClosing, kClosing, "typographic quotes");
    if (starts_word(c)) return take_word();
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '-') return take_number();
    return take_mark(c);
  }

  void take_comment() {
    const bool block = looking_at("/*");
    const std::size_t start = at_;
    const std::size_t end = block ? text().find("*/", at_ + 2) : text().find('\n', at_);
    const std::size_t stop = end == std::string::npos ? text().size() : end + (block ? 2U : 0U);
    for (; at_ < stop; ++at_) {
      if (here() != '\n') text()[at_] = ' ';
    }
    fault(start, "JSON has no comments", "remove it");
  }

  // A value or a name begins here: before it a comma, a colon or a bracket must have been.
  void begin_value(std::size_t start) {
    if (after_value_ && start > 0 && !open_.empty()) {
      fault(start, "there is no ',' between this and what is before it", "put a ',' there");
      if (kBlanks.find(text()[start - 1]) != std::string_view::npos) text()[start - 1] = ',';
    }
    after_value_ = true;
  }

  // Of a string in double quotes; false where its line ends first.
  bool take_string() {
    begin_value(at_);
    for (++at_; at_ < text().size(); ++at_) {
      if (here() == '\\') {
        ++at_;
      } else if (here() == '"') {
        return ++at_, true;
      } else if (here() == '\n') {
        return false;
      }
    }
    return false;
  }

  bool take_quoted(std::string_view opening, std::string_view closing, std::string_view called) {
    const std::size_t start = at_;
    const std::size_t inside = at_ + opening.size();
    const std::size_t end = text().find(closing, inside);
    if (end == std::string::npos) return false;
    if (text().substr(inside, end - inside).find_first_of("\"\n\\") != std::string::npos)
      return false;
    begin_value(start);
    fault(start, cat("is in ", called), "JSON has only double quotes: \"…\"");
    put_quote(inside - opening.size(), opening.size(), opening.size() - 1);
    put_quote(end, closing.size(), 0);
    at_ = end + closing.size();
    return true;
  }

  // One '"' in the place of `length` bytes, blanks in that of the others.
  void put_quote(std::size_t start, std::size_t length, std::size_t offset) {
    for (std::size_t i = 0; i < length; ++i) text()[start + i] = i == offset ? '"' : ' ';
  }

  bool take_word() {
    const std::size_t start = at_;
    while (at_ < text().size() && is_word(here())) ++at_;
    const std::string word = text().substr(start, at_ - start);
    begin_value(start);
    if (word == "true" || word == "false" || word == "null") return true;
    if (word == "True" || word == "False" || word == "None") {
      const std::string_view meant = word == "True" ? "true" : word == "False" ? "false" : "null";
      fault(start, cat("is Python's ", word), cat("write ", meant));
      text().replace(start, word.size(), meant);
      return true;
    }
    return take_bare_name(start, word);
  }

  // name: → "name":, where there is room for the quotes.
  bool take_bare_name(std::size_t start, const std::string& word) {
    if (at_ + 1 >= text().size() || here() != ':' || start == 0) return false;
    if (text()[start - 1] != ' ' || text()[at_ + 1] != ' ') return false;
    fault(start, cat("the name ", word, " is not quoted"), cat("write \"", word, '"'));
    text()[start - 1] = '"';
    text()[at_] = '"';
    text()[at_ + 1] = ':';
    ++at_;
    return true;
  }

  bool take_number() {
    begin_value(at_);
    at_ = std::min(text().find_first_not_of("0123456789+-.eE", at_), text().size());
    return true;
  }

  bool take_mark(char c) {
    if (c == ',') return take_comma();
    if (c == '{' || c == '[') {
      begin_value(at_);
      after_value_ = false;
      open_.push_back(at_);
    } else if (c == '}' || c == ']') {
      if (open_.empty()) return false;
      if ((text()[open_.back()] == '{') != (c == '}')) return false;
      open_.pop_back();
      after_value_ = true;
    } else if (c == ':' || c == '=') {
      after_value_ = false;
      if (c == '=') fault(at_, "'=' stands where ':' belongs", "write ':'");
      text()[at_] = ':';
    } else {
      return false;
    }
    return ++at_, true;
  }

  bool take_comma() {
    const std::size_t comma = at_++;
    const std::size_t next = text().find_first_not_of(kBlanks, at_);
    after_value_ = false;
    if (next == std::string::npos || (text()[next] != '}' && text()[next] != ']')) return true;
    fault(comma, "there is a ',' after the last element", "remove it");
    text()[comma] = ' ';
    return true;
  }

  MendedJson out_;
  std::size_t at_ = 0;
  bool after_value_ = false;
  std::vector<std::size_t> open_;  // brackets
};

}  // namespace

MendedJson mend_json(std::string_view text) {
  return Mender(text).run();
}

}  // namespace slipway::launcher
