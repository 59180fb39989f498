#include "launcher/entry/entry_json.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "launcher/entry/command_json.h"
#include "launcher/entry/fetcher_info_entry.h"
#include "launcher/entry/json_mend.h"
#include "launcher/entry/json_reader.h"
#include "launcher/entry/json_remedy.h"
#include "launcher/entry/mesos_entry.h"
#include "launcher/entry/volume_json.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

using sandbox::JsonKind;
using sandbox::JsonValue;

constexpr std::string_view kTypes[] = {"SCALAR"};
// Of the entry that the scheduler adds itself (ExecutorModule).
constexpr std::string_view kThermos = "AuroraExecutor";
constexpr double kMaxMem = 9e15;  // whole numbers are exact in a double up to here

// The number of a resource; nothing where it is (noted) not fit to be one.
std::optional<double> read_scalar(JsonReader& reader, const Located& at) {
  const auto scalar = reader.required(at, "scalar");
  if (!scalar || !reader.expect(*scalar, JsonKind::kObject)) return std::nullopt;
  reader.warn_unknown(*scalar, EntryObject::kScalar);
  const auto value = reader.required(*scalar, "value");
  if (!value) return std::nullopt;
  if (value->value->kind != JsonKind::kInteger && value->value->kind != JsonKind::kReal) {
    reader.problem(*value, MessageCode::kType,
                   cat("is ", name_of(value->value->kind), "; a number is expected"));
    return std::nullopt;
  }
  const double number = value->value->number;
  if (!std::isfinite(number) || number < 0) {
    reader.problem(*value, MessageCode::kResource,
                   cat("is ", value->value->text, "; a number of 0 or more is expected"));
    return std::nullopt;
  }
  return number;
}

void read_resource(JsonReader& reader, const Located& at, std::set<std::string>& seen,
                   Resources& resources) {
  if (!reader.expect(at, JsonKind::kObject)) return;
  reader.warn_unknown(at, EntryObject::kResource);
  const auto name = reader.required_text(at, "name");
  const auto type = reader.required_text(at, "type");
  if (type && *type != "SCALAR") {
    reader.problem(*reader.optional(at, "type"), MessageCode::kValue,
                   cat("is ", quote(*type), "; SCALAR is expected"), meant_word(*type, kTypes));
  }
  const auto number = read_scalar(reader, at);
  if (!name) return;
  if (!seen.insert(*name).second) {
    reader.problem(*reader.optional(at, "name"), MessageCode::kResource,
                   cat("the resource ", quote(*name), " is listed twice"), "remove one of them");
    return;
  }
  if (*name != "cpus" && *name != "mem") {
    reader.warning(
        *reader.optional(at, "name"), MessageCode::kWarnResource,
        cat("the resource ", quote(*name), " is not one that slipway knows (cpus, mem): ignored"));
    return;
  }
  if (!number) return;
  if (*name == "cpus") {
    resources.cpus = *number;
  } else if (*number != std::floor(*number) || *number > kMaxMem) {
    const Located scalar = *reader.optional(at, "scalar");
    reader.problem(*reader.optional(scalar, "value"), MessageCode::kResource,
                   cat("is ", reader.optional(scalar, "value")->value->text,
                       *number > kMaxMem ? "; that is too large"
                                         : "; a whole number of MB is expected for mem"),
                   "1 GB is 1024");
  } else {
    resources.mem_mb = static_cast<std::uint64_t>(*number);
  }
}

void read_executor(JsonReader& reader, const Located& at, Entry& entry, EntryPlaces& places) {
  if (!reader.expect(at, JsonKind::kObject)) return;
  reader.warn_unknown(at, EntryObject::kExecutor);
  if (auto name = reader.required_text(at, "name")) {
    if (name->empty())
      reader.problem(*reader.optional(at, "name"), MessageCode::kValue,
                     "is empty: no job could ask for it");
    if (*name == kThermos) {
      reader.refusal(*reader.optional(at, "name"), MessageCode::kNameReserved,
                     cat(quote(*name), " is Aurora's own executor"), "give it another name");
    }
    entry.name = *std::move(name);
  }
  if (const auto command = reader.required(at, "command")) {
    read_command(reader, *command, entry, &places);
  }
  const auto resources = reader.required(at, "resources");
  if (!resources) return;
  std::set<std::string> seen;
  for (const Located& each : reader.items(*resources)) {
    read_resource(reader, each, seen, entry.resources);
  }
}

void read_entry(JsonReader& reader, const Located& at, ParsedEntries& into) {
  if (!reader.expect(at, JsonKind::kObject)) return;
  reader.warn_unknown(at, EntryObject::kEntry);
  Entry entry;
  EntryPlaces places;
  places.entry = at.pointer;
  if (const auto executor = reader.required(at, "executor"))
    read_executor(reader, *executor, entry, places);
  if (auto prefix = reader.required_text(at, "task_prefix")) entry.task_prefix = *std::move(prefix);
  for (const Located& each : reader.items(at, "volume_mounts")) {
    auto volume = read_volume(reader, each);
    if (!volume) continue;
    entry.volumes.push_back(*std::move(volume));
    places.volumes.push_back(each.pointer);
  }
  into.entries.push_back(std::move(entry));
  into.places.push_back(std::move(places));
}

void check_names(JsonReader& reader, const JsonValue& root, const std::vector<Entry>& entries) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].name.empty() || seen.insert(entries[i].name).second) continue;
    const auto* executor = root.items[i].find("executor");
    const auto* name = executor == nullptr ? nullptr : executor->value.find("name");
    if (name == nullptr) continue;
    reader.problem({&name->value, cat('/', i, "/executor/name")}, MessageCode::kNameTwice,
                   cat("the executor ", quote(entries[i].name), " is there twice"),
                   "give each a name of its own");
  }
}

void read_root(JsonReader& reader, const JsonValue& root, ParsedEntries& into) {
  const Located top{&root, ""};
  if (root.kind == JsonKind::kObject) {
    reader.refusal(top, MessageCode::kNotArray, "is one entry; an array of them is expected",
                   "put it between '[' and ']'");
    read_entry(reader, top, into);
    return;
  }
  if (root.kind != JsonKind::kArray) {
    reader.problem(top, MessageCode::kType,
                   cat("is ", name_of(root.kind), "; an array of executor entries is expected"));
    return;
  }
  if (root.items.empty()) {
    reader.problem(top, MessageCode::kEmpty,
                   "the array is empty; at least one executor entry is expected");
    return;
  }
  for (const Located& each : reader.items(top)) read_entry(reader, each, into);
  // Entries that are no objects were noted and are not counted: then positions do not match.
  if (into.entries.size() == root.items.size()) check_names(reader, root, into.entries);
}

void sort_by_place(std::vector<Problem>& problems) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const Problem& a, const Problem& b) { return a.offset < b.offset; });
}

void add_json_problem(ParsedEntries& into, std::size_t offset, std::string_view what,
                      std::string remedy) {
  into.problems.push_back(
      {offset, "", MessageCode::kJson, cat("not JSON: ", what), std::move(remedy)});
}

// Every slip that can be told from the others, and the document that was meant.
Result<sandbox::JsonDocument, sandbox::JsonError> parse_mended(std::string_view text,
                                                               const sandbox::JsonError& error,
                                                               ParsedEntries& into) {
  const MendedJson mended = mend_json(text);
  for (const JsonFault& fault : mended.faults) {
    add_json_problem(into, fault.offset, fault.what, fault.remedy);
  }
  auto document = mended.faults.empty() ? Result<sandbox::JsonDocument, sandbox::JsonError>(error)
                                        : sandbox::parse_json(mended.text);
  if (document) return document;
  const std::size_t offset = document.error().offset;
  add_json_problem(into, offset, document.error().what, json_remedy(text, offset, mended.unclosed));
  return document;
}

void read_document(const sandbox::JsonDocument& document, std::string_view text,
                   ParsedEntries& into) {
  if (is_fetcher_info(document.root)) {
    read_fetcher_info({std::string(text), 0, true}, into);  // which notes duplicates itself
    return;
  }
  for (const auto& duplicate : document.duplicates) {
    into.problems.push_back(
        {duplicate.offset, duplicate.pointer, MessageCode::kKeyTwice,
         "the key is there twice; which one counts differs from reader to reader",
         "remove one of them"});
  }
  if (const auto message = recognise_message(document.root)) {
    read_message(*message, document.root, into);
  } else {
    JsonReader reader(into);
    read_root(reader, document.root, into);
  }
}

}  // namespace

ParsedEntries parse_entries(std::string_view text) {
  ParsedEntries into;
  if (const auto quoted = find_fetcher_info(text)) {
    read_fetcher_info(*quoted, into);
    return into;
  }
  auto document = sandbox::parse_json(text);
  if (!document) document = parse_mended(text, document.error(), into);
  if (document) read_document(*document, text, into);
  sort_by_place(into.problems);
  sort_by_place(into.warnings);
  sort_by_place(into.refusals);
  return into;
}

std::string describe(const Problem& problem, std::string_view text, std::string_view file) {
  const auto place = sandbox::line_column(text, problem.offset);
  return coded(cat(file, ':', place.line, ':', place.column, ": ",
                   problem.pointer.empty() ? std::string() : problem.pointer + ": ",
                   with_remedy(problem.what, problem.remedy)),
               problem.code);
}

}  // namespace slipway::launcher
