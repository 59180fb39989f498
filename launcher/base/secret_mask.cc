#include "launcher/base/secret_mask.h"

#include <algorithm>

#include "sandbox/base/text.h"
#include "sandbox/environment.h"

namespace slipway::launcher {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kMark = "://";
constexpr char kInert = '\x1f';  // stands for what ends and begins nothing

// The text as a reader of JSON takes it: "http:\/\/" and "http\u003a//" are URIs too. A quote
// behind a backslash ends no string. Outside of strings a backslash means nothing, and does no harm
// here.
class Unescaped {
 public:
  explicit Unescaped(std::string_view raw) {
    text_.reserve(raw.size());
    starts_.reserve(raw.size() + 1);
    for (std::size_t at = 0; at < raw.size();) {
      starts_.push_back(at);
      at += take(raw.substr(at));
    }
    starts_.push_back(raw.size());
  }

  [[nodiscard]] std::string_view text() const { return text_; }
  // Where the character stands in the raw text; behind the last one: the raw text's end.
  [[nodiscard]] std::size_t start(std::size_t character) const { return starts_[character]; }

 private:
  // Reads one character; gives the number of its bytes.
  std::size_t take(std::string_view raw) {
    if (raw.front() != '\\' || raw.size() < 2) return put(raw.front(), 1);
    switch (raw[1]) {
      case '/':
        return put('/', 2);
      case 'n':
      case 'r':
      case 't':
        return put(' ', 2);
      case 'u':
        return take_number(raw);
      default:
        return put(kInert, 2);
    }
  }

  std::size_t take_number(std::string_view raw) {
    constexpr std::size_t kLength = 6;  // \u0041
    unsigned number = 0;
    for (const char c : raw.substr(0, kLength).substr(2)) {
      constexpr std::string_view kDigits = "0123456789abcdef0123456789ABCDEF";
      const std::size_t digit = kDigits.find(c);
      if (digit == std::string_view::npos) return put(kInert, 2);
      number = number * 16 + static_cast<unsigned>(digit % 16);
    }
    const bool plain = number > 0x20 && number < 0x7f && number != '"' && number != '\'';
    return put(plain ? static_cast<char>(number) : kInert, std::min(kLength, raw.size()));
  }

  std::size_t put(char c, std::size_t length) {
    text_ += c;
    return length;
  }

  std::string text_;
  std::vector<std::size_t> starts_;
};

class Masker {
 public:
  explicit Masker(std::string_view raw) : read_(raw), text_(read_.text()), out_(raw) {}

  std::string run() {
    for (std::size_t at = text_.find(kMark); at != std::string_view::npos;) {
      const std::size_t end = end_of_word(at);
      mask_uris(at, end);
      at = text_.find(kMark, end);
    }
    mask_logins();
    mask_variables();
    mask_keyed();
    mask_option_values();
    return std::move(out_);
  }

 private:
  void mask(std::size_t begin, std::size_t end) {
    for (std::size_t i = read_.start(begin); i < read_.start(end); ++i) {
      if (out_[i] != '\n') out_[i] = '*';
    }
  }
  [[nodiscard]] std::size_t find(std::string_view one_of, std::size_t from, std::size_t end) const {
    return std::min(text_.substr(0, end).find_first_of(one_of, from), end);
  }

  // Of the word that the URI at the mark begins: where it fills a string, the string's. Whatever
  // else a URI may hold (a comma, a bracket), its end would be shown.
  [[nodiscard]] std::size_t end_of_word(std::size_t mark) const {
    constexpr std::string_view kNoScheme = " \t\r\n\"'`,;:/?#[]{}()<>=&|";
    std::size_t before = text_.substr(0, mark).find_last_of(kNoScheme);
    // Blanks in front belong to no URI (Mesos trims them), but to the string.
    if (before != std::string_view::npos) before = text_.find_last_not_of(kBlanks, before);
    const char quote = before == std::string_view::npos ? ' ' : text_[before];
    const char line_end_too[] = {quote, '\n', '\0'};
    return find(quote == '"' || quote == '\'' ? line_end_too : " \t\r\n\"'", mark, text_.size());
  }

  // The word from the first mark on; there may be more of them.
  void mask_uris(std::size_t mark, std::size_t end) {
    const std::size_t last_at = text_.substr(0, end).rfind('@');
    std::size_t question = 0;
    while (mark < end) {
      std::size_t begin = mask_userinfo(mark + kMark.size(), last_at, end);
      if (question < begin) question = find("?", begin, end);
      const std::size_t next = std::min(text_.substr(0, end).find(kMark, begin), end);
      if (question < next) {
        const std::size_t fragment = find("#", question, end);
        mask(question + 1, fragment);
        begin = fragment;
      }
      mark = std::min(text_.substr(0, end).find(kMark, begin), end);
    }
  }

  // Gives where the rest begins. A password may hold a '/' or '?' that nobody has encoded: behind
  // "user:" the last '@' counts. Where a '?' is before that, it is perhaps the one of a query that
  // holds an '@': then nothing is shown.
  std::size_t mask_userinfo(std::size_t begin, std::size_t last_at, std::size_t end) {
    const std::size_t authority_end = find("/?#", begin, end);
    const std::size_t at = text_.substr(begin, authority_end - begin).rfind('@');
    std::size_t stop = begin;
    if (at != std::string_view::npos) {
      stop = begin + at;
    } else if (last_at != std::string_view::npos && last_at > begin &&
               find(":", begin, authority_end) < authority_end) {
      stop = find("?", begin, last_at) < last_at ? find("#", last_at, end) : last_at;
    }
    mask(begin, stop);
    return stop;
  }

  // Of the string that is the value of `key` in [begin, end): where it stands; empty: it is not
  // there. To the end of the text, where the string holds a bracket or is not closed.
  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  [[nodiscard]] Span string_of(std::string_view key, std::size_t begin, std::size_t end) const {
    const std::string_view object = text_.substr(0, end);
    for (std::size_t at = object.find(key, begin); at != std::string_view::npos;
         at = object.find(key, at + 1)) {
      const std::size_t colon = object.find_first_not_of("\"' \t\r\n", at + key.size());
      if (colon == std::string_view::npos || (text_[colon] != ':' && text_[colon] != '=')) continue;
      const std::size_t quote = object.find_first_not_of(kBlanks, colon + 1);
      if (quote == std::string_view::npos || (text_[quote] != '"' && text_[quote] != '\''))
        continue;
      return {quote + 1, find(text_.substr(quote, 1), quote + 1, text_.size())};
    }
    return {};
  }

  // The brace that ends what the one before `from` has begun, or begins an object in it. A brace in
  // a string is none; where quotes are missing, what they seem to hold is looked at too.
  [[nodiscard]] std::size_t object_end(std::size_t from) const {
    std::size_t at = from;
    for (; at < text_.size(); ++at) {
      const char c = text_[at];
      if (c == '{' || c == '}') break;
      if (c != '"' && c != '\'') continue;
      const char ends[] = {c, '\n', '\0'};
      at = find(ends, at + 1, text_.size());
    }
    return std::min(at, text_.size());
  }

  void mask_variables() {
    for (std::size_t open = text_.find('{'); open != std::string_view::npos;
         open = text_.find('{', open + 1)) {
      const std::size_t end = object_end(open + 1);
      const Span name = string_of("name", open, end);
      const std::size_t name_end = std::min(name.end, end);
      if (name_end <= name.begin) continue;
      if (!sandbox::looks_secret(text_.substr(name.begin, name_end - name.begin))) continue;
      const Span value = string_of("value", open, end);
      if (value.begin > open) mask(value.begin, value.end);
    }
  }

  // "DB_PASSWORD": "…", DB_PASSWORD=…: where a variable is written as what it is none as.
  void mask_keyed() {
    constexpr std::string_view kNameEnds = " \t\r\n\"'`,;:=/?#[]{}()<>&|";
    for (std::size_t at = find(":=", 0, text_.size()); at < text_.size();) {
      const std::size_t last = text_.substr(0, at).find_last_not_of("\"' \t");
      const std::size_t before = text_.substr(0, at).find_last_of(kNameEnds, last);
      const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
      std::size_t end = at + 1;
      const bool named = last != std::string_view::npos && begin <= last;
      const std::string_view name = named ? text_.substr(begin, last + 1 - begin) : "";
      if (sandbox::looks_secret(name)) {
        end = mask_value(end, is_header(name) ? "\r\n\"'" : " \t\r\n\"',;[]{}");
      }
      at = find(":=", end, text_.size());
    }
  }

  // A header's value has blanks in it, and signs (RFC 9110, section 11.4; RFC 6265, section 4.2.1).
  static bool is_header(std::string_view name) {
    const std::string small = lower(name);
    return small.ends_with("authorization") || small.ends_with("cookie");
  }

  // The string there, or what is in front of one of `word_ends`; gives its end.
  std::size_t mask_value(std::size_t from, std::string_view word_ends) {
    const std::size_t begin = std::min(text_.find_first_not_of(kBlanks, from), text_.size());
    if (begin == text_.size()) return begin;
    const bool quoted = text_[begin] == '"' || text_[begin] == '\'';
    const std::size_t end = quoted ? find(text_.substr(begin, 1), begin + 1, text_.size())
                                   : find(word_ends, begin, text_.size());
    mask(begin + (quoted ? 1 : 0), end);
    return end;
  }

  // user:password@ where there is no "://" in front, or one that has lost a stroke.
  void mask_logins() {
    constexpr std::string_view kNoLogin = " \t\r\n\"'`,;=/()<>[]{}|&@";
    for (std::size_t at = text_.find('@'); at != std::string_view::npos;
         at = text_.find('@', at + 1)) {
      const std::size_t before = at == 0 ? 0 : text_.find_last_of(kNoLogin, at - 1);
      const std::size_t begin = before == std::string_view::npos || at == 0 ? 0 : before + 1;
      const std::size_t colon = find(":", begin, at);
      if (colon < at) mask(colon + 1, at);
    }
  }

  // --password WORD, also as two strings of an array.
  void mask_option_values() {
    constexpr std::string_view kBetween = " \t\"',";
    for (std::size_t at = text_.find('-'); at < text_.size(); at = text_.find('-', at)) {
      const bool begins = at == 0 || kBetween.find(text_[at - 1]) != std::string_view::npos;
      const std::size_t end = find(" \t\r\n\"'`,;:=/?#[]{}()<>&|", at, text_.size());
      const std::string_view name = text_.substr(at, end - at);
      at = std::max(end, at + 1);
      if (!begins || end == text_.size() || kBetween.find(text_[end]) == std::string_view::npos) {
        continue;
      }
      const std::size_t value = text_.find_first_not_of(kBetween, end);
      if (value == std::string_view::npos || text_[value] == '-') continue;
      if (!sandbox::looks_secret(name)) continue;
      const std::size_t value_end = find(" \t\r\n\"',", value, text_.size());
      mask(value, value_end);
    }
  }

  Unescaped read_;
  std::string_view text_;
  std::string out_;
};

}  // namespace

std::string mask_secrets(std::string_view text) {
  return Masker(text).run();
}

std::vector<std::string> mask_secrets(std::span<const std::string> words) {
  std::vector<std::string> masked;
  bool is_value = false;
  for (const std::string& word : words) {
    const bool is_option = word.starts_with('-');
    masked.push_back(is_value && !is_option ? std::string(word.size(), '*') : mask_secrets(word));
    is_value = is_option && word.find('=') == std::string::npos && sandbox::looks_secret(word);
  }
  return masked;
}

}  // namespace slipway::launcher
