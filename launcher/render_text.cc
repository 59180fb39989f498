#include <algorithm>

#include "fetcher/settings.h"
#include "launcher/render.h"
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

std::string treatment(const fetcher::FetchStep& step) {
  if (step.executable) return "made executable (0755)";
  if (!step.extract) return "left as it is";
  return cat(
      "extracted into the sandbox (", name_of(*step.extract),
      step.keep_archive ? "), and kept beside it" : "), not kept: it comes through the cache");
}

// The overhead of one executor instance; slipway enforces nothing.
void add_resources(std::string& out, const Resources& resources) {
  if (!resources.cpus && !resources.mem_mb) return;
  out += "resources of the executor itself:";
  if (resources.cpus) out += cat(" cpus ", text_of(*resources.cpus));
  if (resources.mem_mb) out += cat(resources.cpus ? "," : "", " mem ", *resources.mem_mb, " MB");
  out += " (told to it, not enforced)\n";
}

// What differs from the defaults, and where it is from; nothing where nothing is extracted.
void add_limits(std::string& out, const Plan& plan) {
  const auto extracted = [](const fetcher::FetchStep& step) { return step.extract.has_value(); };
  const fetcher::ExtractLimits usual;
  if (plan.fetch.extract_limits == usual || std::ranges::none_of(plan.fetch.steps, extracted)) {
    return;
  }
  out += cat("  extraction limits from ", quote(plan.settings_file), '\n');
  for (const auto& row : fetcher::extract_limit_rows()) {
    if (plan.fetch.extract_limits.*row.value == usual.*row.value) continue;
    out += cat("    ", row.key, ' ', limit_text(row, plan.fetch.extract_limits), ", by default ",
               limit_text(row, usual), '\n');
  }
}

void add_settings(std::string& out, const Plan& plan) {
  if (plan.fetch.steps.empty()) return;
  for (const ShownSetting& each : plan.settings) {
    out += cat("  [", each.table, "] ", each.key, ' ', quote(each.value), ", by default ",
               quote(each.usual), ", from ", quote(each.from), '\n');
  }
}

void add_fetch(std::string& out, const Plan& plan) {
  out += cat(
      "fetch: ", plan.fetch.steps.empty() ? "nothing" : "in this order, placed when all are there",
      '\n');
  for (const auto& step : plan.fetch.steps) {
    out += cat("  ", quote(step.uri.redacted()), '\n');
    out += cat("    scheme  ", step.uri.scheme_name(), '\n');
    out += cat("    to      ", quote(step.shown_destination), ", ", treatment(step), '\n');
    if (step.uri.pin()) out += cat("    must be ", step.uri.pin()->str(), '\n');
    out += cat("    cache   ", name_of(step.decision), ": ", escape(step.reason), '\n');
  }
  if (plan.cache) {
    out += cat("  cache directory ", quote(plan.cache->path.str()), ", policy ", plan.cache_policy,
               '\n');
  }
  add_settings(out, plan);
  add_limits(out, plan);
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
  for (const std::string& word : plan.exec.argv) words.push_back(shell_quote(word));
  out += cat("execute: ", quote(plan.exec.file),
             plan.exec.lookup == Lookup::kExact ? ""
             : plan.exec.file.find('/') == std::string::npos
                 ? ", looked up in the sandbox, then in PATH"
                 : ", in the sandbox",
             '\n');
  out += cat("  argv    ", escape(join(words, " ")), '\n');
  out += cat("  cwd     ", quote(plan.sandbox.path.str()), '\n');
  add_life(out, plan);
  out += "  environment\n";
  for (const auto& variable : plan.exec.environment.variables()) {
    const std::string value = sandbox::looks_secret(variable.name)
                                  ? std::string("(hidden)")
                                  : escape(shell_quote(variable.value));
    out += cat("    ", escape(variable.name), '=', value, "  (", name_of(variable.source), ")\n");
  }
}

}  // namespace

std::string render_text(const Plan& plan) {
  std::string out =
      cat("executor: ", quote(plan.executor), ", task_prefix ", quote(plan.task_prefix), '\n');
  out += cat(
      "user: ", plan.task_user.name.empty() ? std::string("(no name)") : quote(plan.task_user.name),
      " (uid ", plan.task_user.uid, ", gid ", plan.task_user.gid, "), ", describe(plan.privilege),
      '\n');
  out += cat("sandbox: ", quote(plan.sandbox.path.str()), ", ", describe(plan.sandbox.state), '\n');
  add_resources(out, plan.resources);
  add_fetch(out, plan);
  add_mounts(out, plan);
  add_exec(out, plan);
  for (const Remark& each : plan.warnings) {
    out += cat("warning: ", escape(coded(each.text, each.code)), '\n');
  }
  return out;
}

}  // namespace slipway::launcher
