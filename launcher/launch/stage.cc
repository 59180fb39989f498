#include "launcher/launch/stage.h"

namespace slipway::launcher {

MessageCode code_of_stage(std::string_view stage) {
  if (stage == "sandbox") return MessageCode::kSandbox;
  if (stage == "fetch") return MessageCode::kFetch;
  if (stage == "stdio") return MessageCode::kStdio;
  if (stage == "mount") return MessageCode::kMount;
  if (stage == "user") return MessageCode::kBecome;
  return MessageCode::kExec;
}

LaunchFailed failure_at(std::string_view stage, const Error& error, int status) {
  return {stage, code_of(error), error.message(), error.remedy(), status};
}

}  // namespace slipway::launcher
