#include "launcher/entry/command_json.h"

#include "launcher/entry/uri_json.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

using sandbox::JsonKind;

void read_environment(JsonReader& reader, const Located& command, Entry& entry) {
  const auto environment = reader.optional(command, "environment");
  if (!environment || !reader.expect(*environment, JsonKind::kObject)) return;
  reader.warn_unknown(*environment, EntryObject::kEnvironment);
  for (const Located& at : reader.items(*environment, "variables")) {
    if (!reader.expect(at, JsonKind::kObject)) continue;
    reader.warn_unknown(at, EntryObject::kVariable);
    const auto name = reader.required_text(at, "name");
    const auto type = reader.optional_text(at, "type");
    if ((type && *type != "VALUE") || reader.optional(at, "secret")) {
      reader.problem(at, MessageCode::kSecret,
                     "is no plain VALUE: secrets are resolved by a Mesos agent, slipway cannot",
                     "give its value with --env or --env-file, and leave it out of the entry");
      continue;
    }
    const auto value = reader.required_text(at, "value");
    if (name && (name->empty() || name->find('=') != std::string::npos)) {
      reader.problem(*reader.optional(at, "name"), MessageCode::kValue,
                     cat(quote(*name), " is no name for an environment variable"));
      continue;
    }
    if (name && value) entry.environment.emplace_back(*name, *value);
  }
}

// /state of master and agent calls them argv.
std::optional<Located> find_arguments(JsonReader& reader, const Located& command) {
  auto found = reader.optional(command, "arguments");
  if (found || reader.dialect() == Dialect::kAurora) return found;
  return reader.optional(command, "argv");
}

std::vector<std::string> read_arguments(JsonReader& reader, const std::optional<Located>& at) {
  std::vector<std::string> arguments;
  if (!at) return arguments;
  for (const Located& each : reader.items(*at)) {
    if (auto text = reader.text(each)) arguments.push_back(*std::move(text));
  }
  return arguments;
}

}  // namespace

void read_command(JsonReader& reader, const Located& at, Entry& entry, EntryPlaces* places) {
  if (!reader.expect(at, JsonKind::kObject)) return;
  reader.warn_unknown(at, EntryObject::kCommand);
  const bool shell = reader.flag(at, "shell", true);
  const auto arguments_at = find_arguments(reader, at);
  std::vector<std::string> arguments = read_arguments(reader, arguments_at);
  if (auto value = reader.required_text(at, "value")) {
    if (value->empty())
      reader.problem(*reader.optional(at, "value"), MessageCode::kNoCommand,
                     "is empty: there is nothing to run");
    if (shell) {
      if (!arguments.empty()) {
        reader.warning(*arguments_at, MessageCode::kWarnShellArguments,
                       "are ignored, because shell is true",
                       "say \"shell\": false, or put them into value");
      }
      entry.command = ShellCommand{*std::move(value)};
    } else {
      entry.command = ProgramCommand{*std::move(value), std::move(arguments)};
    }
  }
  entry.user = reader.optional_text(at, "user");
  read_environment(reader, at, entry);
  for (const Located& each : reader.items(at, "uris")) {
    auto uri = read_uri(reader, each);
    if (!uri) continue;
    entry.uris.push_back(*std::move(uri));
    if (places != nullptr) places->uris.push_back(each.pointer);
  }
  if (places == nullptr) return;
  places->command = at.pointer;
  places->value = sandbox::json_pointer(at.pointer, "value");
  if (arguments_at) places->arguments = arguments_at->pointer;
}

}  // namespace slipway::launcher
