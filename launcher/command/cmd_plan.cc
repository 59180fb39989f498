#include <unistd.h>

#include "launcher/base/exit_status.h"
#include "launcher/base/print.h"
#include "launcher/base/say.h"
#include "launcher/command/commands.h"
#include "launcher/command/render.h"
#include "launcher/launch/prepare.h"
#include "launcher/plan/entry_source.h"
#include "launcher/plan/own_environment.h"
#include "launcher/report/report_file.h"
#include "launcher/report/report_summary.h"
#include "launcher/report/terminal.h"
#include "launcher/report/waterfall.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

// Of an earlier launch: what was planned, and what became of it.
std::string with_report(std::string text, const Options& options) {
  const auto report = read_report(options.file);
  if (!report) {
    say_warning(MessageCode::kWarnReport,
                cat("what became of it is not known: ", text_of(report.error())));
    return text;
  }
  const auto summary = summarize(*report);
  const auto shown =
      waterfall(summary, {size_of(STDOUT_FILENO).columns, glyphs_of(own_environment())});
  return cat(text, "\nwhat became of it:\n", shown);
}

std::string render(const Plan& plan, const Options& options) {
  if (options.format == OutputFormat::kJson) return render_json(plan);
  std::string text = render_text(plan);
  return plan.is_earlier ? with_report(std::move(text), options) : text;
}

}  // namespace

int command_plan(const Options& given) {
  Options options = given;
  options.only_shown = true;
  const auto plan = prepare(options);
  if (!plan) return names_no_entry(options) ? kExitUsage : kExitSlipwayFailed;
  return print(render(*plan, options)) ? 0 : kExitSlipwayFailed;
}

}  // namespace slipway::launcher
