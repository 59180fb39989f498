// Mesos's own messages → an entry: ExecutorInfo, CommandInfo and TaskInfo, as the JSON of their
// protobuf (v0 and v1) and as /state of master and agent shows them (src/common/http.cpp). Pure.
#pragma once

#include <optional>

#include "launcher/entry/entry_json.h"
#include "sandbox/json.h"

namespace slipway::launcher {

enum class MesosMessage {
  kExecutorInfo,
  kCommandInfo,
  kTaskInfo,
  kState,    // a whole answer of /state
  kUnknown,  // an object of no shape that is known
};

// By the shape of an object; nothing for what is Aurora's: no object, or one with task_prefix or
// volume_mounts, or with an executor and no id of a task or agent.
std::optional<MesosMessage> recognise_message(const sandbox::JsonValue& root);

// Adds one entry, or problems. Unknown keys are ignored, no key of Aurora's is required; volumes
// that cannot be mounted are problems, an image a warning. Of the two last messages: what to give.
void read_message(MesosMessage message, const sandbox::JsonValue& root, ParsedEntries& into);

}  // namespace slipway::launcher
