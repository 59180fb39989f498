#include "sandbox/settings.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/stand_ins.h"

// The library asserts of some text what it checks in the next line ("[^]"): that would end the
// process, or with NDEBUG be a promise to the optimizer. Left out, only the check is left. The
// nesting is limited because the library takes its tables down by recursion.
#undef NDEBUG
#define TOML_ASSERT(condition) static_assert(true)
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
// By std::from_chars, not by a stream: streams bring locales, and a launch pays for those.
#define TOML_FLOAT_CHARCONV 1
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

namespace slipway::sandbox {

namespace {

LineColumn place_of(const toml::source_position& position) {
  return {position.line, position.column};
}

SettingKind kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return SettingKind::kString;
    case toml::node_type::integer:
      return SettingKind::kInteger;
    case toml::node_type::boolean:
      return SettingKind::kBoolean;
    case toml::node_type::floating_point:
      return SettingKind::kReal;
    case toml::node_type::array:
      return SettingKind::kArray;
    case toml::node_type::table:
      return SettingKind::kTable;
    default:
      return SettingKind::kTime;
  }
}

Setting setting_of(const toml::key& key, const toml::node& node, const StandIns& read) {
  const LineColumn key_at = place_of(key.source().begin);
  Setting out{read.restore(key.str(), key_at), key_at, place_of(node.source().begin),
              kind_of(node)};
  if (const auto* text = node.as_string()) out.text = read.restore(text->get(), out.value_at);
  if (const auto* integer = node.as_integer()) out.integer = integer->get();
  if (const auto* boolean = node.as_boolean()) out.boolean = boolean->get();
  return out;
}

// The library sorts by name.
void sort_as_written(std::vector<Setting>& settings) {
  std::ranges::sort(settings, {}, [](const Setting& each) {
    return std::tuple(each.key_at.line, each.key_at.column);
  });
}

std::vector<Setting> settings_of(const toml::table& root, const StandIns& read) {
  std::vector<Setting> out;
  for (const auto& [key, node] : root) {
    Setting& setting = out.emplace_back(setting_of(key, node, read));
    const toml::table* table = node.as_table();
    if (table == nullptr) continue;
    for (const auto& [inner_key, inner] : *table) {
      setting.keys.push_back(setting_of(inner_key, inner, read));
    }
    sort_as_written(setting.keys);
  }
  sort_as_written(out);
  return out;
}

// A line of dotted keys (a.a.a…) nests as deep as it is long, without the library's limit.
std::optional<SettingsError> find_long_line(std::string_view text) {
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    if (length > kSettingsMaxLine) {
      return SettingsError{{line, 1}, cat("a line is longer than ", kSettingsMaxLine, " bytes")};
    }
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return std::nullopt;
}

// The library's tables of blanks promise the optimizer that some characters never come
// (is_non_ascii_horizontal_whitespace() in 3.3.0): it reads text without any of those.
Result<StandIns, SettingsError> stand_ins_for(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::size_t well_formed = 0;
  while (const std::size_t length = utf8_length(text.substr(well_formed))) well_formed += length;
  if (well_formed < text.size()) {
    return SettingsError{line_column(text, well_formed), "not UTF-8"};
  }
  if (auto made = StandIns::make(text)) return *std::move(made);
  return SettingsError{{1, 1},
                       "beside characters that are not ASCII it has each of `$@%&!(): leave one "
                       "of these out"};
}

// "Error while parsing array: …" → "while parsing array: …".
std::string_view shorten(std::string_view what) {
  constexpr std::string_view kLead = "Error ";
  if (what.starts_with(kLead)) what.remove_prefix(kLead.size());
  return what;
}

// What the library says, of text in which marks stand: of the character that it has stopped at it
// can be known which one it is.
std::string told(std::string_view what, const StandIns& read, const LineColumn& at) {
  if (read.mark() == 0) return std::string(what);
  const std::string seen = cat("saw '", read.mark(), '\'');
  const std::size_t start = std::min(what.find(seen), what.size());
  std::string before(what.substr(0, start));
  std::ranges::replace(before, read.mark(), '?');
  std::string behind = read.restore(what.substr(start), at);
  return before + behind;
}

}  // namespace

std::string_view name_of(SettingKind kind) {
  switch (kind) {
    case SettingKind::kString:
      return "a string";
    case SettingKind::kInteger:
      return "an integer";
    case SettingKind::kBoolean:
      return "a boolean";
    case SettingKind::kReal:
      return "a number with a fraction";
    case SettingKind::kTime:
      return "a date or time";
    case SettingKind::kArray:
      return "an array";
    case SettingKind::kTable:
      return "a table";
  }
  return "a value";
}

Result<std::string> read_settings_file(const std::string& path) {
  // O_NONBLOCK: a fifo that nobody writes to must not make us wait.
  const Fd file = TRY(sys::open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!S_ISREG(TRY(sys::stat_fd(file.get())).st_mode)) {
    return Error(cat(quote(path), " is not a regular file"));
  }
  return sys::read_to_end(file.get(), kSettingsMaxBytes).context(quote(path));
}

Result<std::vector<Setting>, SettingsError> parse_toml(std::string_view text) {
  if (auto error = find_long_line(text)) return std::move(*error);
  const StandIns read = TRY(stand_ins_for(text));
  try {
    return settings_of(toml::parse(read.ascii()), read);
  } catch (const toml::parse_error& error) {
    // It repeats what it has read.
    const LineColumn at = place_of(error.source().begin);
    return SettingsError{at, escape(told(shorten(error.description()), read, at))};
  }
}

}  // namespace slipway::sandbox
