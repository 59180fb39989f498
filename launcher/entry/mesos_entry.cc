#include "launcher/entry/mesos_entry.h"

#include "launcher/entry/command_json.h"
#include "launcher/entry/executor_id.h"
#include "launcher/entry/json_reader.h"
#include "launcher/entry/mesos_container.h"
#include "launcher/entry/mesos_resources.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

using sandbox::JsonKind;
using sandbox::JsonValue;

constexpr std::string_view kRecognised =
    "is no shape that slipway knows. An Aurora entry has 'executor' and 'task_prefix'; Mesos's "
    "ExecutorInfo has 'command', its CommandInfo 'value', its TaskInfo 'task_id' and 'executor' or "
    "'command', its FetcherInfo 'sandbox_directory' and 'items'";
constexpr std::string_view kWholeState =
    "is a whole answer of /state: cut out the object of one executor or task that has a 'command' "
    "or an 'executor'";

// {"value": …}, or in /state the text itself.
std::optional<Located> find_id(JsonReader& reader, const Located& at, std::string_view name) {
  auto found = reader.optional(at, name);
  if (found && found->value->kind == JsonKind::kObject) return reader.required(*found, "value");
  return found;
}

// The name that is not empty.
std::optional<std::string> read_name(JsonReader& reader, const Located& at) {
  auto name = reader.optional_text(at, "name");
  return name && name->empty() ? std::nullopt : std::move(name);
}

void read_executor_id(JsonReader& reader, const std::optional<Located>& at, Entry& entry) {
  if (!at) return;
  auto id = reader.text(*at);
  if (!id) return;
  if (const auto checked = check_id(*id); !checked) {
    reader.problem(*at, MessageCode::kTaskId, checked.error().message());
    return;
  }
  entry.executor_id = *std::move(id);
}

void read_container_of(JsonReader& reader, const Located& at, Entry& entry) {
  if (const auto container = reader.optional(at, "container")) {
    read_container(reader, *container, entry);
  }
}

void read_executor_info(JsonReader& reader, const Located& at, Entry& entry) {
  if (!reader.expect(at, JsonKind::kObject)) return;
  read_executor_id(reader, find_id(reader, at, "executor_id"), entry);
  if (auto name = read_name(reader, at)) {
    entry.name = *std::move(name);
  } else if (entry.executor_id) {
    entry.name = *entry.executor_id;
  }
  if (const auto command = reader.required(at, "command")) read_command(reader, *command, entry);
  if (const auto resources = reader.optional(at, "resources")) {
    entry.resources = read_mesos_resources(reader, *resources);
  }
}

// Mesos runs the command by its command executor, whose id is the task's.
void read_task_command(JsonReader& reader, const Located& task, const Located& command,
                       Entry& entry) {
  read_command(reader, command, entry);
  auto id = find_id(reader, task, "task_id");
  if (!id) id = find_id(reader, task, "id");
  read_executor_id(reader, id, entry);
  if (auto name = read_name(reader, task)) {
    entry.name = *std::move(name);
  } else if (entry.executor_id) {
    entry.name = *entry.executor_id;
  }
}

// The task's container counts, where there is one, before the executor's.
void read_task_executor(JsonReader& reader, const Located& task, const Located& executor,
                        Entry& entry) {
  read_executor_info(reader, executor, entry);
  if (entry.name.empty()) entry.name = read_name(reader, task).value_or("");
  if (!reader.optional(task, "container")) {
    read_container_of(reader, executor, entry);
    return;
  }
  read_container_of(reader, task, entry);
  if (const auto other = reader.optional(executor, "container")) {
    reader.warning(*other, MessageCode::kWarnImage,
                   "is not used, because the task has a container of its own");
  }
}

void read_task_info(JsonReader& reader, const Located& at, Entry& entry) {
  if (const auto executor = reader.optional(at, "executor")) {
    read_task_executor(reader, at, *executor, entry);
    return;
  }
  if (const auto command = reader.optional(at, "command")) {
    read_task_command(reader, at, *command, entry);
    read_container_of(reader, at, entry);
    return;
  }
  reader.problem(at, MessageCode::kNoCommand,
                 "is a task with neither 'executor' nor 'command', so there is nothing to run");
}

}  // namespace

std::optional<MesosMessage> recognise_message(const JsonValue& root) {
  if (root.kind != JsonKind::kObject) return std::nullopt;
  if (root.has_any({"task_prefix", "volume_mounts"})) return std::nullopt;
  const bool of_task = root.has_any({"task_id", "slave_id", "agent_id"});
  if (root.find("executor") != nullptr) {
    return of_task ? std::optional(MesosMessage::kTaskInfo) : std::nullopt;
  }
  if (root.has_any({"frameworks", "completed_frameworks", "slaves"})) return MesosMessage::kState;
  if (of_task) return MesosMessage::kTaskInfo;
  if (root.has_any({"command", "executor_id"})) return MesosMessage::kExecutorInfo;
  if (root.has_any({"value", "uris", "shell", "arguments", "argv"})) {
    return MesosMessage::kCommandInfo;
  }
  return MesosMessage::kUnknown;
}

void read_message(MesosMessage message, const JsonValue& root, ParsedEntries& into) {
  JsonReader reader(into, Dialect::kMesos);
  const Located top{&root, ""};
  Entry entry;
  switch (message) {
    case MesosMessage::kExecutorInfo:
      read_executor_info(reader, top, entry);
      read_container_of(reader, top, entry);
      break;
    case MesosMessage::kCommandInfo:
      read_command(reader, top, entry);
      break;
    case MesosMessage::kTaskInfo:
      read_task_info(reader, top, entry);
      break;
    case MesosMessage::kState:
      reader.problem(top, MessageCode::kType, std::string(kWholeState));
      break;
    case MesosMessage::kUnknown:
      reader.problem(top, MessageCode::kType, std::string(kRecognised));
      break;
  }
  if (entry.name.empty()) entry.name = "executor";
  into.entries.push_back(std::move(entry));
}

}  // namespace slipway::launcher
