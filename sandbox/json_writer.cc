#include "sandbox/json_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sandbox/base/text.h"

namespace slipway::sandbox {

namespace {

bool stands_for_itself(char c) {
  return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

// JSON is read on terminals too: what these would obey becomes an escape.
void append_inert(std::string& out, std::string_view json) {
  while (!json.empty()) {
    const std::string_view next = json.substr(0, std::max<std::size_t>(utf8_length(json), 1));
    if (is_obeyed(next)) {
      const std::string quoted = nlohmann::json(next).dump(-1, ' ', true);  // "\u009b"
      out.append(quoted, 1, quoted.size() - 2);
    } else {
      out += next;
    }
    json.remove_prefix(next.size());
  }
}

}  // namespace

void JsonWriter::break_line() {
  if (layout_ == Layout::kIndented) out_ += '\n' + std::string(2 * has_items_.size(), ' ');
}

void JsonWriter::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_items_.empty()) return;
  if (has_items_.back()) out_ += ',';
  has_items_.back() = true;
  break_line();
}

void JsonWriter::open(char bracket) {
  before_value();
  out_ += bracket;
  has_items_.push_back(false);
}

void JsonWriter::close(char bracket) {
  const bool had_items = has_items_.back();
  has_items_.pop_back();
  if (had_items) break_line();
  out_ += bracket;
}

JsonWriter& JsonWriter::begin_object() {
  return open('{'), *this;
}
JsonWriter& JsonWriter::end_object() {
  return close('}'), *this;
}
JsonWriter& JsonWriter::begin_array() {
  return open('['), *this;
}
JsonWriter& JsonWriter::end_array() {
  return close(']'), *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  string(name);
  out_ += layout_ == Layout::kIndented ? ": " : ":";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  before_value();
  if (std::all_of(text.begin(), text.end(), stands_for_itself)) {
    // Nearly every string; nlohmann's way costs a launch ten times as much.
    ((out_ += '"') += text) += '"';
    return *this;
  }
  append_inert(out_,
               nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t number) {
  before_value();
  out_ += cat(number);
  return *this;
}

JsonWriter& JsonWriter::unsigned_integer(std::uint64_t number) {
  before_value();
  out_ += cat(number);
  return *this;
}

JsonWriter& JsonWriter::real(double number) {
  before_value();
  out_ += nlohmann::json(number).dump();
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  before_value();
  out_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::null() {
  before_value();
  out_ += "null";
  return *this;
}

JsonWriter& JsonWriter::spelt(std::string_view number) {
  before_value();
  out_ += number;
  return *this;
}

JsonWriter& JsonWriter::value(const JsonValue& value) {
  switch (value.kind) {
    case JsonKind::kNull:
      return null();
    case JsonKind::kBoolean:
      return boolean(value.boolean);
    case JsonKind::kInteger:
    case JsonKind::kReal:
      return spelt(value.text);
    case JsonKind::kString:
      return string(value.text);
    case JsonKind::kArray:
      begin_array();
      for (const JsonValue& item : value.items) this->value(item);
      return end_array();
    case JsonKind::kObject:
      break;
  }
  begin_object();
  for (const JsonMember& member : value.members) key(member.name).value(member.value);
  return end_object();
}

}  // namespace slipway::sandbox
