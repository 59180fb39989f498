// JSON text from values. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/json.h"

namespace slipway::sandbox {

// Writes JSON: members in the order they are added, strings escaped, bytes that are not UTF-8 as
// U+FFFD. One object or array per call chain; no validation beyond that.
class JsonWriter {
 public:
  enum class Layout { kOneLine, kIndented };
  explicit JsonWriter(Layout layout = Layout::kOneLine) : layout_(layout) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& integer(std::int64_t number);
  JsonWriter& unsigned_integer(std::uint64_t number);
  JsonWriter& real(double number);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  // A value of a document, all of it: numbers as they were spelt, members in their order.
  JsonWriter& value(const JsonValue& value);

  // Shorthands for a member.
  JsonWriter& member(std::string_view name, std::string_view text) {
    return key(name).string(text);
  }
  JsonWriter& member(std::string_view name, const char* text) { return key(name).string(text); }
  JsonWriter& member(std::string_view name, std::uint64_t number) {
    return key(name).unsigned_integer(number);
  }
  JsonWriter& flag(std::string_view name, bool value) { return key(name).boolean(value); }

  [[nodiscard]] const std::string& str() const { return out_; }

 private:
  void before_value();
  JsonWriter& spelt(std::string_view number);
  void open(char bracket);
  void close(char bracket);
  void break_line();

  Layout layout_;
  std::string out_;
  std::vector<bool> has_items_;  // one per open bracket
  bool after_key_ = false;
};

}  // namespace slipway::sandbox
