// The stages of a launch, by the names that its report has for them.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "launcher/report/report_event.h"
#include "sandbox/base/result.h"
#include "sandbox/message_code.h"

namespace slipway::launcher {

// What ends a launch, and where.
struct Failed {
  std::string_view stage;  // "sandbox", "fetch", "stdio", "mount", "user", "exec"
  Error error;
};

// Of an error that does not say itself what it is.
MessageCode code_of_stage(std::string_view stage);

// The result of something that a launch does, with the stage in which it failed; an error without a
// code gets the stage's.
template <class Value>
Result<Value, Failed> at(std::string_view stage, Result<Value> result) {
  if (!result) return Failed{stage, std::move(result).error().as(code_of_stage(stage))};
  if constexpr (std::is_void_v<Value>) {
    return {};
  } else {
    return *std::move(result);
  }
}

// As the report tells it; `error` has its code.
LaunchFailed failure_at(std::string_view stage, const Error& error, int status);

}  // namespace slipway::launcher
