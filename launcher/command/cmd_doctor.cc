#include "launcher/base/exit_status.h"
#include "launcher/base/print.h"
#include "launcher/command/commands.h"
#include "launcher/doctor/doctor.h"

namespace slipway::launcher {

int command_doctor(const Options& options) {
  const auto findings = examine(options);
  const bool json = options.format == OutputFormat::kJson;
  if (!print(json ? render_json(findings) : render_text(findings))) return kExitProblems;
  return has_failure(findings) ? kExitProblems : 0;
}

}  // namespace slipway::launcher
