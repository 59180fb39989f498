#include <algorithm>

#include "fetcher/plan/settings.h"
#include "launcher/base/secret_mask.h"
#include "launcher/command/render.h"
#include "launcher/plan/agent_variables.h"
#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::launcher {

namespace {

std::string_view describe(SandboxState state) {
  switch (state) {
    case SandboxState::kExisting:
      return "there already";
    case SandboxState::kAgents:
      return "MESOS_SANDBOX, the current directory";
    case SandboxState::kToMake:
      return "will be made";
    case SandboxState::kTemporary:
      return "will be made under a random name, and kept";
  }
  return "";
}

std::string_view describe(mounts::Privilege privilege) {
  switch (privilege) {
    case mounts::Privilege::kRealRoot:
      return "stays root, with all capabilities";
    case mounts::Privilege::kRootForUser:
      return "started as root, becomes that user";
    case mounts::Privilege::kOrdinaryUser:
      return "as started";
  }
  return "";
}

// The overhead of one executor instance; slipway enforces nothing.
void add_resources(std::string& out, const Resources& resources) {
  if (!resources.cpus && !resources.mem_mb) return;
  out += "resources of the executor itself:";
  if (resources.cpus) out += cat(" cpus ", text_of(*resources.cpus));
  if (resources.mem_mb) out += cat(resources.cpus ? "," : "", " mem ", *resources.mem_mb, " MB");
  out += " (told to it, not enforced)\n";
}

// The defaults of one table, on as many lines as they take.
void add_defaults(std::string& out, const Plan& plan, std::string_view table) {
  constexpr std::size_t kWidth = 96;
  std::string line;
  for (const ShownSetting& each : plan.settings) {
    if (each.table != table || !each.is_usual() || each.value.empty()) continue;
    const std::string piece = cat(each.key, ' ', each.value);
    if (line.empty()) {
      line = cat("  [", table, "] by default: ", piece);
    } else if (line.size() + 2 + piece.size() <= kWidth) {
      line += ", " + piece;
    } else {
      out += line + ",\n";
      line = cat("    ", piece);
    }
  }
  if (!line.empty()) out += line + '\n';
}

// What somebody has set, and who; then the defaults.
void add_settings(std::string& out, const Plan& plan) {
  for (const ShownSetting& each : plan.settings) {
    if (each.is_usual()) continue;
    out += cat("  [", each.table, "] ", each.key, ' ', quote(each.value), ", by default ",
               quote(each.usual), ", from ", quote(each.from), '\n');
  }
  for (const std::string_view table : {"fetch", "cache", "extract"}) {
    add_defaults(out, plan, table);
  }
}

void add_fetch(std::string& out, const Plan& plan) {
  out += cat(
      "fetch: ", plan.fetch.steps.empty() ? "nothing" : "in this order, placed when all are there",
      '\n');
  for (const auto& step : plan.fetch.steps) {
    out += cat("  ", quote(step.uri.redacted()), '\n');
    out += cat("    scheme  ", step.uri.scheme_name(), '\n');
    out += cat("    to      ", quote(step.shown_destination), ", ",
               fetcher::describe_treatment(step), '\n');
    if (step.uri.pin()) out += cat("    must be ", step.uri.pin()->str(), '\n');
    out += plan.is_earlier
               ? cat("    cache   ", escape(step.reason), '\n')
               : cat("    cache   ", name_of(step.decision), ": ", escape(step.reason), '\n');
  }
  if (!plan.is_earlier && !plan.fetch.steps.empty() && !fetcher::needs_fetcher(plan.fetch)) {
    out += "  by slipway itself: all is on this host, slipway-fetcher is not started\n";
  }
  if (plan.cache) {
    out += cat("  cache directory ", quote(plan.cache->path.str()), ", from ", plan.cache_from,
               "; policy ", plan.cache_policy, '\n');
    const auto& chosen = plan.fetch.materialization;
    out += cat("  into the sandbox by ", fetcher::describe(chosen),
               chosen.reason.empty() ? "" : "; no overlay: ", escape(chosen.reason), '\n');
  }
  add_settings(out, plan);
}

void add_mounts(std::string& out, const Plan& plan) {
  if (plan.mounts.steps.empty()) {
    out += "mounts: none, so no namespace is needed\n";
    return;
  }
  out += "mounts: in this order\n";
  for (const auto& step : plan.mounts.steps) out += cat("  ", mounts::describe(step), '\n');
}

void add_life(std::string& out, const Plan& plan) {
  out += plan.stdio == sandbox::Stdio::kInherit
             ? "  stdio   as slipway's\n"
             : "  stdio   appended to 'stdout' and 'stderr' in the sandbox, input from /dev/null\n";
  out += "  parent  ";
  out += plan.supervision
             ? cat("slipway, which passes signals on and ends what is left: SIGTERM, after ",
                   duration_text(plan.supervision->kill_after), " SIGKILL\n")
             : std::string("slipway's: it is executed in place\n");
}

void add_exec(std::string& out, const Plan& plan) {
  if (plan.exec.argv.empty()) {
    out += "execute: nothing, because a FetcherInfo has no command\n";
    return;
  }
  std::vector<std::string> words;
  for (const auto& word : mask_secrets(plan.exec.argv)) words.push_back(shell_quote(word));
  out += cat(plan.is_earlier && !plan.replaced ? "the entry's own command: " : "execute: ",
             quote(mask_secrets(plan.exec.file)),
             plan.exec.lookup == Lookup::kExact ? ""
             : plan.exec.file.find('/') == std::string::npos
                 ? ", looked up in the sandbox, then in PATH"
                 : ", in the sandbox",
             '\n');
  out += cat("  argv    ", escape(join(words, " ")), '\n');
  out += cat("  cwd     ", quote(plan.sandbox.path.str()), '\n');
  if (!plan.is_earlier) add_life(out, plan);  // the record has nothing of it
  out += "  environment\n";
  for (const auto& variable : plan.exec.environment.variables()) {
    const std::string value = sandbox::looks_secret(variable.name)
                                  ? std::string("(hidden)")
                                  : escape(shell_quote(mask_secrets(variable.value)));
    out += cat("    ", escape(variable.name), '=', value, "  (", source_of(plan, variable), ")\n");
  }
}

// What an executor that registers with an agent will look for in vain.
void add_missing(std::string& out, const Plan& plan) {
  if (plan.exec.argv.empty()) return;
  const auto missing = missing_agent_variables(plan.exec.environment);
  if (missing.empty()) return;
  const std::vector<std::string> names(missing.begin(), missing.end());
  out += cat("  not there, because no agent has started slipway: ", join(names, ", "),
             "\n    (for an executor that needs them: --env NAME=VALUE, or --env-file "
             "/proc/PID/environ of one that runs)\n");
}

}  // namespace

std::string render_text(const Plan& plan) {
  std::string out =
      cat("executor: ", quote(plan.executor), ", task_prefix ", quote(plan.task_prefix), '\n');
  out += cat(
      "user: ", plan.task_user.name.empty() ? std::string("(no name)") : quote(plan.task_user.name),
      " (uid ", plan.task_user.uid, ", gid ", plan.task_user.gid, "), from ", plan.user_from, "; ",
      describe(plan.privilege), '\n');
  out += cat("sandbox: ", quote(plan.sandbox.path.str()), ", ", describe(plan.sandbox.state),
             plan.sandbox_from.empty() ? "" : "; from ", plan.sandbox_from, '\n');
  add_resources(out, plan.resources);
  add_fetch(out, plan);
  add_mounts(out, plan);
  add_exec(out, plan);
  add_missing(out, plan);
  for (const Remark& each : plan.warnings) {
    out += cat("warning: ", escape(coded(each.text, each.code)), '\n');
  }
  return out;
}

}  // namespace slipway::launcher
