#include "launcher/entry/entry_writer.h"

#include "sandbox/base/text.h"
#include "sandbox/json_writer.h"

namespace slipway::launcher {

namespace {

using sandbox::JsonWriter;

void write_command(JsonWriter& json, const Command& command) {
  if (const auto* shell = std::get_if<ShellCommand>(&command)) {
    json.member("value", shell->line).flag("shell", true);
    return;
  }
  if (std::holds_alternative<NoCommand>(command)) {
    json.member("value", kNoCommandLine).flag("shell", true);
    return;
  }
  const auto& program = std::get<ProgramCommand>(command);
  json.member("value", program.value).flag("shell", false);
  json.key("arguments").begin_array();
  for (const std::string& argument : program.arguments) json.string(argument);
  json.end_array();
}

void write_environment(JsonWriter& json, const Entry& entry, std::size_t& left_out) {
  json.key("environment").begin_object().key("variables").begin_array();
  for (const auto& [name, value] : entry.environment) {
    if (!is_utf8(name) || !is_utf8(value)) {
      ++left_out;
      continue;
    }
    json.begin_object().member("name", name).member("value", value).end_object();
  }
  json.end_array().end_object();
}

void write_uris(JsonWriter& json, const Entry& entry) {
  json.key("uris").begin_array();
  for (const auto& request : entry.uris) {
    json.begin_object().member("value", request.uri.str());
    json.flag("executable", request.treatment == fetcher::Treatment::kExecutable);
    // Where nobody said so, it is what readers take it for: with more words nobody would be warned.
    const bool extract = request.treatment == fetcher::Treatment::kExtract;
    if (!extract || request.extract_said == fetcher::Said::kExplicitly) {
      json.flag("extract", extract);
    }
    json.flag("cache", request.cache == fetcher::CacheUse::kYes);
    if (request.output_file) json.member("output_file", request.output_file->str());
    json.end_object();
  }
  json.end_array();
}

void write_resources(JsonWriter& json, const Resources& resources) {
  const auto begin = [&](std::string_view name) {
    json.begin_object().member("name", name).member("type", "SCALAR");
    json.key("scalar").begin_object().key("value");
  };
  json.key("resources").begin_array();
  if (resources.cpus) {
    begin("cpus");
    json.real(*resources.cpus).end_object().end_object();
  }
  if (resources.mem_mb) {
    begin("mem");
    json.integer(static_cast<std::int64_t>(*resources.mem_mb)).end_object().end_object();
  }
  json.end_array();
}

void write_volumes(JsonWriter& json, const Entry& entry) {
  json.key("volume_mounts").begin_array();
  for (const auto& volume : entry.volumes) {
    json.begin_object().member("host_path", volume.host_path.str());
    json.member("container_path", mounts::text_of(volume.container_path));
    json.member("mode", volume.access == mounts::Access::kReadOnly ? "RO" : "RW").end_object();
  }
  json.end_array();
}

}  // namespace

EntryText write_entry(const Entry& entry, LeftOut left_out) {
  EntryText out;
  out.left_out = left_out;
  JsonWriter json(JsonWriter::Layout::kIndented);
  json.begin_object().key("executor").begin_object().member("name", entry.name);
  json.key("command").begin_object();
  write_command(json, entry.command);
  if (entry.user) json.member("user", *entry.user);
  write_environment(json, entry, out.left_out.variables);
  write_uris(json, entry);
  json.end_object();
  write_resources(json, entry.resources);
  json.end_object().member("task_prefix", entry.task_prefix);
  write_volumes(json, entry);
  for (const auto& [key, count] : {std::pair(kVariablesLeftOut, out.left_out.variables),
                                   std::pair(kUrisLeftOut, out.left_out.uris)}) {
    if (count != 0) json.member(key, std::uint64_t{count});
  }
  json.end_object();
  out.json = json.str() + "\n";
  return out;
}

}  // namespace slipway::launcher
