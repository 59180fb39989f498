#include "launcher/command/wrapped_entry.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>

#include "launcher/entry/mesos_entry.h"
#include "sandbox/base/text.h"
#include "sandbox/json_edit.h"
#include "sandbox/json_writer.h"

namespace slipway::launcher {

namespace {

using sandbox::JsonKind;
using sandbox::JsonMember;
using sandbox::JsonValue;

// execve(2): a string of the environment, its final NUL included, has at most 32 pages
// (MAX_ARG_STRLEN); those of 4 KiB count, which are the smallest.
constexpr std::size_t kMostBytes =
    std::size_t{128} * 1024 - 1 - (std::size(kEntryVariable) - 1) - 1 /* '=' */;

// The member of that name; a null value where there is none.
const JsonValue& member(const JsonValue& object, std::string_view name) {
  static const JsonValue none;
  const JsonMember* found = object.find(name);
  return found == nullptr ? none : found->value;
}

const JsonValue& command_of(const JsonValue& entry) {
  return member(member(entry, "executor"), "command");
}

// Only where there is one: in an entry that parse_entries() accepts.
JsonValue& command_to_change(JsonValue& entry) {
  return *sandbox::member_to_change(*sandbox::member_to_change(entry, "executor"), "command");
}

const std::vector<JsonValue>& variables_of(const JsonValue& entry) {
  return member(member(command_of(entry), "environment"), "variables").items;
}

// The inner entry's text; null where the entry is not wrapped.
const JsonValue* carried(const JsonValue& entry) {
  const auto& variables = variables_of(entry);
  const auto found = std::find_if(
      variables.begin(), variables.end(),
      [](const JsonValue& variable) { return member(variable, "name").text == kEntryVariable; });
  return found == variables.end() ? nullptr : &member(*found, "value");
}

std::string name_of_executor(const JsonValue& entry) {
  return quote(member(member(entry, "executor"), "name").text);
}

std::string one_line(const JsonValue& value) {
  sandbox::JsonWriter json;
  return json.value(value).str();
}

JsonValue object_with(std::string_view name, JsonValue value) {
  JsonValue object;
  object.kind = JsonKind::kObject;
  sandbox::set_member(object, name, std::move(value));
  return object;
}

JsonValue arguments_of(const Wrapping& wrapping) {
  std::vector<JsonValue> words;
  for (const char* word : {"slipway", "run", "--inherit-env"}) {
    words.push_back(sandbox::json_string(word));
  }
  for (const std::string& word : wrapping.run_options) words.push_back(sandbox::json_string(word));
  return sandbox::json_array(std::move(words));
}

JsonValue environment_of(std::string inner) {
  JsonValue variable = object_with("name", sandbox::json_string(kEntryVariable));
  sandbox::set_member(variable, "value", sandbox::json_string(std::move(inner)));
  return object_with("variables", sandbox::json_array({std::move(variable)}));
}

// True for what wrap_entry() writes; its program and options may have been edited since.
bool runs_slipway(const JsonValue& command) {
  const JsonValue& shell = member(command, "shell");
  const bool program = shell.kind == JsonKind::kBoolean
                           ? !shell.boolean
                           : shell.text == "false" || shell.text == "False";
  const auto& words = member(command, "arguments").items;
  return program && words.size() >= 2 && words[0].text == "slipway" && words[1].text == "run";
}

// What somebody has put into the outer command since, and an unwrapped one has no place for.
std::string stranger_in(const JsonValue& entry) {
  constexpr std::string_view kOurs[] = {"value",       "shell", "arguments",
                                        "environment", "user",  "uris"};
  for (const JsonMember& each : command_of(entry).members) {
    if (std::find(std::begin(kOurs), std::end(kOurs), each.name) == std::end(kOurs)) {
      return cat("the key ", quote(each.name));
    }
  }
  return variables_of(entry).size() == 1 ? std::string()
                                         : cat("a variable beside ", kEntryVariable);
}

// The inner entry; nothing, with the problems noted at the variable, where the text is none.
std::optional<JsonValue> parse_inner(const Located& entry, const JsonValue& text,
                                     std::vector<Problem>& problems) {
  const std::size_t before = problems.size();
  const std::string where =
      cat(kEntryVariable, " of the executor ", name_of_executor(*entry.value));
  const std::string pointer = cat(entry.pointer, "/executor/command/environment");
  for (const Problem& each : parse_entries(text.text).problems) {
    problems.push_back(
        {text.offset, pointer, MessageCode::kNone, describe(each, text.text, where)});
  }
  if (problems.size() != before) return std::nullopt;
  auto document = sandbox::parse_json(text.text);
  const bool is_entry = document && document->root.kind == JsonKind::kObject &&
                        !recognise_message(document->root) && !is_wrapped(document->root);
  if (is_entry) return std::move(document->root);
  problems.push_back({text.offset, pointer, MessageCode::kWrap,
                      cat(where, " is not one entry, itself not wrapped")});
  return std::nullopt;
}

// Takes what stands outside into the inner command.
void take_from_outside(const Located& entry, JsonValue& inner, std::vector<Problem>& problems) {
  const JsonValue& outside = command_of(*entry.value);
  JsonValue& command = command_to_change(inner);
  if (const auto* user = outside.find("user")) sandbox::set_member(command, "user", user->value);
  const auto* uris = outside.find("uris");
  if (uris == nullptr) return;
  if (command.find("uris") != nullptr) {
    problems.push_back({uris->name_offset, cat(entry.pointer, "/executor/command/uris"),
                        MessageCode::kWrap,
                        cat("are there beside those in ", kEntryVariable,
                            ": put them together, in one of the two places")});
    return;
  }
  sandbox::set_member(command, "uris", uris->value);
}

// The name of the member behind that one; empty where there is none.
std::string name_behind(const JsonValue& object, std::string_view name) {
  const auto& members = object.members;
  auto found = std::find_if(members.begin(), members.end(),
                            [&](const JsonMember& each) { return each.name == name; });
  return found == members.end() || ++found == members.end() ? std::string() : found->name;
}

// The outer entry with the inner one's command and volumes, these in front of what was behind them.
JsonValue merge(const JsonValue& outer, JsonValue inner) {
  constexpr char kVolumes[] = "volume_mounts";
  const std::string behind = name_behind(inner, kVolumes);
  const auto volumes = sandbox::take_member(inner, kVolumes);
  JsonValue entry = outer;
  entry.members.clear();
  for (const JsonMember& each : outer.members) {
    if (each.name == kVolumes) continue;  // null: it says nothing
    if (volumes && each.name == behind) sandbox::set_member(entry, kVolumes, *volumes);
    sandbox::set_member(entry, each.name, each.value);
  }
  if (volumes && behind.empty()) sandbox::set_member(entry, kVolumes, *volumes);
  command_to_change(entry) = std::move(command_to_change(inner));
  return entry;
}

// What only the scheduler reads stays outside: `run` would warn of it at each launch.
void keep_only(JsonValue& object, std::initializer_list<std::string_view> kept) {
  std::erase_if(object.members, [&](const JsonMember& each) {
    return std::find(kept.begin(), kept.end(), each.name) == kept.end();
  });
}

}  // namespace

bool is_wrapped(const JsonValue& entry) {
  return carried(entry) != nullptr;
}

JsonValue wrap_entry(const Located& entry, const Wrapping& wrapping,
                     std::vector<Problem>& problems) {
  JsonValue inner = *entry.value;
  keep_only(inner, {"executor", "task_prefix", "volume_mounts"});
  keep_only(*sandbox::member_to_change(inner, "executor"), {"name", "command", "resources"});
  auto user = sandbox::take_member(command_to_change(inner), "user");
  std::optional<JsonValue> uris;
  if (wrapping.fetching == Fetching::kByAgent) {
    uris = sandbox::take_member(command_to_change(inner), "uris");
  }
  std::string text = one_line(inner);
  if (text.size() > kMostBytes) {
    problems.push_back(
        {entry.value->offset, entry.pointer, MessageCode::kWrap,
         cat("the executor ", name_of_executor(*entry.value), " has ", text.size(),
             " bytes as the variable ", kEntryVariable, ", which can have ", kMostBytes,
             " (execve(2)): --mounts-only leaves the URIs out of it, or shorten the entry")});
  }
  JsonValue command = object_with("value", sandbox::json_string(wrapping.program));
  sandbox::set_member(command, "shell", sandbox::json_boolean(false));
  sandbox::set_member(command, "arguments", arguments_of(wrapping));
  sandbox::set_member(command, "environment", environment_of(std::move(text)));
  if (uris) sandbox::set_member(command, "uris", *std::move(uris));
  if (user) sandbox::set_member(command, "user", *std::move(user));
  JsonValue outer = *entry.value;
  sandbox::take_member(outer, "volume_mounts");
  command_to_change(outer) = std::move(command);
  return outer;
}

JsonValue unwrap_entry(const Located& entry, std::vector<Problem>& problems) {
  const JsonValue& text = *carried(*entry.value);
  const auto refuse = [&](const std::string& why) {
    problems.push_back({text.offset, cat(entry.pointer, "/executor/command"), MessageCode::kWrap,
                        cat("the executor ", name_of_executor(*entry.value), ": ", why)});
    return *entry.value;
  };
  if (!runs_slipway(command_of(*entry.value))) {
    return refuse(
        cat("has the variable ", kEntryVariable, ", but its command is not 'slipway run'"));
  }
  if (const std::string stranger = stranger_in(*entry.value); !stranger.empty()) {
    return refuse(cat(stranger, " was added to the wrapped command: put it into ", kEntryVariable));
  }
  if (member(*entry.value, "volume_mounts").kind != JsonKind::kNull) {
    return refuse(cat("volume_mounts were added outside: put them into ", kEntryVariable));
  }
  auto inner = parse_inner(entry, text, problems);
  if (!inner) return *entry.value;
  take_from_outside(entry, *inner, problems);
  return merge(*entry.value, *std::move(inner));
}

}  // namespace slipway::launcher
