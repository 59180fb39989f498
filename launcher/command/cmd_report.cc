#include <unistd.h>

#include "launcher/base/exit_status.h"
#include "launcher/base/print.h"
#include "launcher/base/say.h"
#include "launcher/command/commands.h"
#include "launcher/plan/own_environment.h"
#include "launcher/report/report_file.h"
#include "launcher/report/report_summary.h"
#include "launcher/report/terminal.h"
#include "launcher/report/waterfall.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

Result<std::string> shown(const Options& options) {
  const auto summary = summarize(TRY(read_report(options.file)));
  if (!summary.is_report) {
    const std::string what = options.file == "-" ? "standard input" : quote(options.file);
    return Error(cat(what, " is no report of a launch"))
        .hint("give the directory that 'slipway run' worked in");
  }
  if (options.format == OutputFormat::kJson) return to_json(summary) + '\n';
  return waterfall(summary, {size_of(STDOUT_FILENO).columns, glyphs_of(own_environment())});
}

}  // namespace

int command_report(const Options& options) {
  const auto text = shown(options);
  if (!text) return say(text.error(), MessageCode::kReport), kExitProblems;
  return print(*text) ? 0 : kExitProblems;
}

}  // namespace slipway::launcher
