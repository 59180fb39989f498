#include "launcher/base/exit_status.h"
#include "launcher/base/print.h"
#include "launcher/base/say.h"
#include "launcher/command/commands.h"
#include "launcher/launch/fill_sandbox.h"
#include "launcher/launch/prepare.h"
#include "launcher/launch/stage.h"
#include "launcher/plan/entry_source.h"
#include "launcher/report/report_summary.h"
#include "sandbox/base/log.h"
#include "sandbox/confine.h"

namespace slipway::launcher {

namespace {

Result<FetchOutcome, Failed> fetch(const Plan& plan, const Options& options, Report& report) {
  if (options.prefetch) return at("fetch", fill_cache(plan, report));
  const auto sandbox = TRY(at("sandbox", begin_in_sandbox(plan, report)));
  const auto outcome =
      TRY(at("fetch", fill_sandbox(plan, sandbox, std::nullopt, report).context("fetching")));
  if (outcome == FetchOutcome::kPlaced) keep_record(plan, sandbox);
  return outcome;
}

// One object a line, in the order of the entry.
std::string uri_lines(const Report& report) {
  std::string lines;
  for (const auto& [index, uri] : summarize(report.text()).uris) lines += to_json(uri) + '\n';
  return lines;
}

int conclude(const Result<FetchOutcome, Failed>& outcome, Report& report) {
  if (outcome && *outcome == FetchOutcome::kPlaced) return 0;
  if (outcome) {
    const Error error = Error("not every URI could be fetched").as(MessageCode::kFetch);
    report.tell(failure_at("fetch", error, kExitProblems));
  } else {
    const auto& [stage, error] = outcome.error();
    report.tell(failure_at(stage, error, kExitProblems));
    say(error);
  }
  return kExitProblems;
}

}  // namespace

int command_fetch(const Options& given) {
  Options options = given;
  options.purpose = Purpose::kFetch;
  Report report;
  if (options.status_fd) report.add(Fd(*options.status_fd), Report::Detail::kEverything);
  if (options.format == OutputFormat::kJson) report.remember();
  sandbox::survive_failed_writes();
  sandbox::forbid_core_dumps();
  const auto plan = prepare(options);
  if (!plan) return names_no_entry(options) ? kExitUsage : kExitProblems;
  for (const Remark& each : plan->warnings) say_warning(each.code, each.text);
  const int status = conclude(fetch(*plan, options, report), report);
  if (options.format == OutputFormat::kText) return status;
  return print(uri_lines(report)) ? status : kExitProblems;
}

}  // namespace slipway::launcher
