#include <unistd.h>

#include "launcher/base/say.h"
#include "launcher/command/commands.h"
#include "launcher/doctor/doctor.h"
#include "sandbox/base/sys.h"

namespace slipway::launcher {

int command_doctor(const Options& options) {
  const auto findings = examine(options);
  const bool json = options.format == OutputFormat::kJson;
  const auto written =
      sys::write_all(STDOUT_FILENO, json ? render_json(findings) : render_text(findings));
  if (!written) say(written.error(), MessageCode::kOutput);
  return written && !has_failure(findings) ? 0 : 1;
}

}  // namespace slipway::launcher
