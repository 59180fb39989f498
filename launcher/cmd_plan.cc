#include <unistd.h>

#include "launcher/commands.h"
#include "launcher/entry_source.h"
#include "launcher/exit_status.h"
#include "launcher/prepare.h"
#include "launcher/render.h"
#include "launcher/say.h"
#include "sandbox/base/sys.h"

namespace slipway::launcher {

int command_plan(const Options& given) {
  Options options = given;
  options.only_shown = true;
  const auto plan = prepare(options);
  if (!plan) return names_no_entry(options) ? kExitUsage : kExitSlipwayFailed;
  const std::string text =
      options.format == OutputFormat::kJson ? render_json(*plan) : render_text(*plan);
  if (const auto written = sys::write_all(STDOUT_FILENO, text); !written) {
    say(written.error(), MessageCode::kOutput);
    return kExitSlipwayFailed;
  }
  return 0;
}

}  // namespace slipway::launcher
