#include "sandbox/json.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "sandbox/base/text.h"

namespace slipway::sandbox {

namespace {

// Is told by nlohmann's parser what it finds, builds the document, and works out where each token
// stands: tokens come in the order of the text, so the next one starts where the last one ended,
// behind white space, ',' and ':'.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(std::string_view text) : text_(text) {
    if (text.starts_with("\xef\xbb\xbf")) cursor_ = 3;  // a byte order mark, which the parser skips
  }

  bool null() override { return scalar(JsonKind::kNull, 4); }
  bool boolean(bool value) override {
    if (!scalar(JsonKind::kBoolean, value ? 4 : 5)) return false;
    last_->boolean = value;
    return true;
  }
  bool number_integer(std::int64_t value) override {
    return number(JsonKind::kInteger, static_cast<double>(value));
  }
  bool number_unsigned(std::uint64_t value) override {
    return number(JsonKind::kInteger, static_cast<double>(value));
  }
  bool number_float(double value, const std::string&) override {
    // Integers beyond 64 bits come this way too.
    return number(JsonKind::kReal, value);
  }
  bool string(std::string& value) override {
    start_token();
    const std::size_t start = cursor_;
    skip_string();
    if (!add(JsonKind::kString, start)) return false;
    last_->text = std::move(value);
    return true;
  }
  bool binary(nlohmann::json::binary_t&) override { return false; }

  bool start_object(std::size_t) override {
    if (!enter(JsonKind::kObject)) return false;
    names_.emplace_back();
    return true;
  }
  bool end_object() override {
    names_.pop_back();
    return leave();
  }
  bool start_array(std::size_t) override { return enter(JsonKind::kArray); }
  bool end_array() override { return leave(); }

  bool key(std::string& name) override {
    start_token();
    const std::size_t start = cursor_;
    skip_string();
    if (!names_.back().insert(name).second) note_duplicate(name, start);
    open_.back()->members.push_back({std::move(name), start, {}});
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& exception) override {
    // The library counts the bytes it has read, the offending one included.
    error = {std::min(position == 0 ? 0 : position - 1, text_.size()),
             shorten(exception.what(), position > text_.size())};
    return false;
  }

  JsonDocument document;
  JsonError error;

 private:
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing
  // value
  // - invalid literal; last read: 'x'" → "while parsing value: invalid literal; last read: 'x'".
  static std::string shorten(std::string_view what, bool at_end) {
    const std::string_view lead = "syntax error ";
    const std::size_t start = what.find(lead);
    if (start != std::string_view::npos) {
      what.remove_prefix(start + lead.size());
    } else if (const std::size_t bracket = what.find("] "); bracket != std::string_view::npos) {
      what.remove_prefix(bracket + 2);  // "[json.exception.out_of_range.406] number overflow …"
    }
    if (at_end) return "the text ends too early";
    if (what.starts_with("number overflow")) return "a number that is too large";
    // What was read last may be a secret, or a megabyte.
    std::string out(what.substr(0, what.find("; last read:")));
    if (const std::size_t dash = out.find(" - "); dash != std::string::npos)
      out.replace(dash, 3, ": ");
    return out;
  }

  void start_token() {
    cursor_ = std::min(text_.find_first_not_of(" \t\r\n,:", cursor_), text_.size());
  }

  void skip_string() {
    for (++cursor_; cursor_ < text_.size() && text_[cursor_] != '"'; ++cursor_) {
      if (text_[cursor_] == '\\') ++cursor_;
    }
    ++cursor_;
  }

  bool scalar(JsonKind kind, std::size_t length) {
    start_token();
    const std::size_t start = cursor_;
    cursor_ += length;
    return add(kind, start);
  }

  bool number(JsonKind kind, double value) {
    start_token();
    const std::size_t start = cursor_;
    cursor_ = std::min(text_.find_first_not_of("0123456789+-.eE", cursor_), text_.size());
    if (!add(kind, start)) return false;
    last_->number = value;
    last_->text = text_.substr(start, cursor_ - start);
    return true;
  }

  bool enter(JsonKind kind) {
    start_token();
    const std::size_t start = cursor_++;
    if (open_.size() == kJsonMaxDepth) {
      error = {start, cat("nested deeper than ", kJsonMaxDepth, " levels")};
      return false;
    }
    if (!add(kind, start)) return false;
    open_.push_back(last_);
    return true;
  }

  bool leave() {
    start_token();
    ++cursor_;
    open_.pop_back();
    return true;
  }

  void note_duplicate(const std::string& name, std::size_t start) {
    if (duplicate_bytes_ >= kJsonDuplicateBytes) return;
    document.duplicates.push_back({json_pointer(pointer(), name), start});
    duplicate_bytes_ += document.duplicates.back().pointer.size();
  }

  // Puts a value where the text has it. Values of an open bracket do not move while it is open:
  // only the innermost open one grows, and nothing points into it.
  bool add(JsonKind kind, std::size_t offset) {
    if (open_.empty()) {
      last_ = &document.root;
    } else if (open_.back()->kind == JsonKind::kArray) {
      last_ = &open_.back()->items.emplace_back();
    } else {
      last_ = &open_.back()->members.back().value;
    }
    last_->kind = kind;
    last_->offset = offset;
    return true;
  }

  // The pointer of the innermost open value.
  [[nodiscard]] std::string pointer() const {
    std::string out;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      out = open_[i]->kind == JsonKind::kArray ? json_pointer(out, open_[i]->items.size() - 1)
                                               : json_pointer(out, open_[i]->members.back().name);
    }
    return out;
  }

  std::string_view text_;
  std::size_t cursor_ = 0;
  std::vector<JsonValue*> open_;
  std::vector<std::unordered_set<std::string>> names_;  // one per open object
  JsonValue* last_ = nullptr;
  std::size_t duplicate_bytes_ = 0;  // of their pointers
};

}  // namespace

std::string_view name_of(JsonKind kind) {
  switch (kind) {
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBoolean:
      return "a boolean";
    case JsonKind::kInteger:
    case JsonKind::kReal:
      return "a number";
    case JsonKind::kString:
      return "a string";
    case JsonKind::kArray:
      return "an array";
    case JsonKind::kObject:
      return "an object";
  }
  return "a value";
}

const JsonMember* JsonValue::find(std::string_view name) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const JsonMember& member) { return member.name == name; });
  return found == members.end() ? nullptr : &*found;
}

bool JsonValue::has_any(std::initializer_list<std::string_view> names) const {
  return std::any_of(names.begin(), names.end(),
                     [this](std::string_view name) { return find(name) != nullptr; });
}

Result<JsonDocument, JsonError> parse_json(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    return JsonError{0, cat("longer than the limit of ", max_bytes, " bytes")};
  }
  Builder builder(text);
  // The SAX interface reports errors by parse_error() and throws nothing of its own.
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
    return std::move(builder.error);
  return std::move(builder.document);
}

LineColumn line_column(std::string_view text, std::size_t offset) {
  LineColumn position;
  const std::string_view before = text.substr(0, offset);
  position.line += static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t line_start =
      before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  for (const char c : before.substr(line_start)) {
    // Continuation bytes of UTF-8 belong to the character before them.
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++position.column;
  }
  return position;
}

std::string json_pointer(std::string_view pointer, std::string_view token) {
  std::string out = cat(pointer, '/');
  for (const char c : token) {
    switch (c) {
      case '~':
        out += "~0";
        break;
      case '/':
        out += "~1";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string json_pointer(std::string_view pointer, std::size_t index) {
  return cat(pointer, '/', index);
}

}  // namespace slipway::sandbox
