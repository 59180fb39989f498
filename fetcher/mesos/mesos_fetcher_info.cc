#include "fetcher/mesos/mesos_fetcher_info.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "sandbox/base/text.h"
#include "sandbox/json.h"

namespace slipway::fetcher {

namespace {

using sandbox::JsonKind;
using sandbox::JsonValue;
using Action = MesosFetcherInfo::Action;
using Item = MesosFetcherInfo::Item;

constexpr std::pair<std::string_view, Action> kActions[] = {
    {"BYPASS_CACHE", Action::kBypassCache},
    {"DOWNLOAD_AND_CACHE", Action::kDownloadAndCache},
    {"RETRIEVE_FROM_CACHE", Action::kRetrieveFromCache},
};

// A value, the pointer that names it and the field that it is of.
struct Field {
  const JsonValue* value = nullptr;
  std::string pointer;
  std::string_view name;
};

// As Mesos's messages say it.
std::string_view word_for(JsonKind kind) {
  const std::string_view name = sandbox::name_of(kind);
  return name.substr(name.find(' ') + 1);
}

std::optional<std::int64_t> to_integer(const JsonValue& number) {
  if (number.kind == JsonKind::kInteger) {
    std::int64_t integer = 0;
    const char* end = number.text.data() + number.text.size();
    const auto parsed = std::from_chars(number.text.data(), end, integer);
    return parsed.ec == std::errc() ? std::optional(integer) : std::nullopt;
  }
  constexpr double kBeyond = 9223372036854775808.0;  // 2^63
  if (!(number.number >= -kBeyond && number.number < kBeyond)) return std::nullopt;
  const auto integer = static_cast<std::int64_t>(number.number);
  const bool whole = static_cast<double>(integer) == number.number;
  return whole ? std::optional(integer) : std::nullopt;
}

bool is_number(const JsonValue& value) {
  return value.kind == JsonKind::kInteger || value.kind == JsonKind::kReal;
}

class Reader {
 public:
  std::vector<FetcherInfoProblem> problems;

  MesosFetcherInfo read_info(const Field& at);

 private:
  void problem(const Field& at, std::string what) {
    problems.push_back({at.value->offset, at.pointer, std::move(what)});
  }
  void refuse(const Field& at) {
    problem(at,
            cat("Not expecting a JSON ", word_for(at.value->kind), " for field ", quote(at.name)));
  }

  // Nothing where it is missing or null.
  static std::optional<Field> optional(const Field& message, std::string_view name);
  std::optional<Field> required(const Field& message, std::string_view name);
  // Each is nothing where there is none, or none that is fit, which was noted.
  std::optional<Field> expect_message(std::optional<Field> at);
  std::optional<std::string> text(const std::optional<Field>& at);
  std::optional<std::int64_t> integer(const std::optional<Field>& at);
  std::optional<Action> action(const Field& item);
  bool flag(const Field& message, std::string_view name, bool otherwise);

  std::vector<Field> items(const Field& info);
  Item read_item(const Field& at);
};

std::optional<Field> Reader::optional(const Field& message, std::string_view name) {
  const auto* member = message.value->find(name);
  if (member == nullptr || member->value.kind == JsonKind::kNull) return std::nullopt;
  return Field{&member->value, sandbox::json_pointer(message.pointer, name), name};
}

std::optional<Field> Reader::required(const Field& message, std::string_view name) {
  auto found = optional(message, name);
  if (!found) problem(message, cat("Missing required fields: ", name));
  return found;
}

std::optional<Field> Reader::expect_message(std::optional<Field> at) {
  if (!at || at->value->kind == JsonKind::kObject) return at;
  refuse(*at);
  return std::nullopt;
}

std::optional<std::string> Reader::text(const std::optional<Field>& at) {
  if (!at) return std::nullopt;
  if (at->value->kind != JsonKind::kString) {
    refuse(*at);
    return std::nullopt;
  }
  if (at->value->text.find('\0') != std::string::npos) {
    problem(*at, "contains a NUL byte");
    return std::nullopt;
  }
  return at->value->text;
}

std::optional<std::int64_t> Reader::integer(const std::optional<Field>& at) {
  if (!at) return std::nullopt;
  if (is_number(*at->value)) {
    if (const auto number = to_integer(*at->value)) return number;
  } else if (at->value->kind == JsonKind::kString) {
    const auto inner = sandbox::parse_json(at->value->text);
    if (inner && is_number(inner->root)) {
      if (const auto number = to_integer(inner->root)) return number;
    }
  } else {
    refuse(*at);
    return std::nullopt;
  }
  problem(*at, "is no whole number of 64 bits");
  return std::nullopt;
}

bool Reader::flag(const Field& message, std::string_view name, bool otherwise) {
  const auto at = optional(message, name);
  if (!at) return otherwise;
  if (at->value->kind == JsonKind::kBoolean) return at->value->boolean;
  if (at->value->kind != JsonKind::kString) {
    refuse(*at);
    return otherwise;
  }
  const auto inner = sandbox::parse_json(at->value->text);
  if (inner && inner->root.kind == JsonKind::kBoolean) return inner->root.boolean;
  problem(*at, "is a string that is neither true nor false");
  return otherwise;
}

std::optional<Action> Reader::action(const Field& item) {
  const auto at = required(item, "action");
  const auto name = text(at);
  if (!name) return std::nullopt;
  for (const auto& row : kActions) {
    if (row.first == *name) return row.second;
  }
  problem(*at,
          "Missing required fields: action (there is BYPASS_CACHE, DOWNLOAD_AND_CACHE and "
          "RETRIEVE_FROM_CACHE, but not this name)");
  return std::nullopt;
}

Item Reader::read_item(const Field& at) {
  Item item;
  item.action = action(at).value_or(Action::kBypassCache);
  item.cache_filename = text(optional(at, "cache_filename"));
  const auto uri = expect_message(required(at, "uri"));
  if (!uri) return item;
  item.pointer = uri->pointer;
  const auto value = required(*uri, "value");
  item.offset = value ? value->value->offset : uri->value->offset;
  item.uri = text(value).value_or("");
  item.executable = flag(*uri, "executable", false);
  item.extract = flag(*uri, "extract", true);
  item.cache = flag(*uri, "cache", false);
  item.output_file = text(optional(*uri, "output_file"));
  return item;
}

std::vector<Field> Reader::items(const Field& info) {
  const auto at = optional(info, "items");
  if (!at) return {};
  if (at->value->kind != JsonKind::kArray) return {*at};  // its one element
  std::vector<Field> found;
  for (std::size_t i = 0; i < at->value->items.size(); ++i) {
    const JsonValue& each = at->value->items[i];
    if (each.kind == JsonKind::kNull) continue;
    found.push_back({&each, sandbox::json_pointer(at->pointer, i), at->name});
  }
  return found;
}

MesosFetcherInfo Reader::read_info(const Field& at) {
  MesosFetcherInfo info;
  const auto directory = required(at, "sandbox_directory");
  info.sandbox_directory = text(directory).value_or("");
  if (directory && directory->value->kind == JsonKind::kString && directory->value->text.empty()) {
    problem(*directory, "is empty: there is no sandbox to fetch into");
  }
  info.cache_directory = text(optional(at, "cache_directory"));
  info.user = text(optional(at, "user"));
  info.frameworks_home = text(optional(at, "frameworks_home"));
  if (const auto timeout = expect_message(optional(at, "stall_timeout"))) {
    info.stall_timeout_ns = integer(required(*timeout, "nanoseconds"));
  }
  for (const Field& each : items(at)) {
    if (expect_message(each)) info.items.push_back(read_item(each));
  }
  return info;
}

}  // namespace

Result<MesosFetcherInfo, std::vector<FetcherInfoProblem>> parse_fetcher_info(
    std::string_view json) {
  using Problems = std::vector<FetcherInfoProblem>;
  const auto document = sandbox::parse_json(json);
  if (!document) {
    return Problems{{document.error().offset, "", cat("not JSON: ", document.error().what)}};
  }
  if (const JsonKind kind = document->root.kind; kind != JsonKind::kObject) {
    return Problems{
        {document->root.offset, "",
         cat("is ", sandbox::name_of(kind), "; an object, a FetcherInfo, is expected")}};
  }
  Reader reader;
  for (const auto& twice : document->duplicates) {
    reader.problems.push_back(
        {twice.offset, twice.pointer,
         "the key is there twice; which one counts differs from reader to reader"});
  }
  auto info = reader.read_info({&document->root, "", ""});
  if (reader.problems.empty()) return info;
  std::stable_sort(reader.problems.begin(), reader.problems.end(),
                   [](const auto& a, const auto& b) { return a.offset < b.offset; });
  return std::move(reader.problems);
}

}  // namespace slipway::fetcher
