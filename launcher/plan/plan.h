// The whole run as one value: what `slipway plan` prints is what `slipway run` performs. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fetcher/plan/fetch_plan.h"
#include "launcher/entry/entry.h"
#include "launcher/entry/entry_writer.h"
#include "launcher/plan/exec_spec.h"
#include "launcher/plan/options.h"
#include "launcher/plan/plan_settings.h"
#include "launcher/plan/supervision.h"
#include "launcher/plan/survey.h"
#include "mounts/mount_plan.h"
#include "sandbox/confine.h"
#include "sandbox/message_code.h"

namespace slipway::launcher {

// A problem, or a warning.
struct Remark {
  MessageCode code;
  std::string text;  // one line
};

struct Plan {
  std::string executor;  // the entry's name
  std::string task_prefix;
  Resources resources;
  SandboxChoice sandbox;
  sandbox::User task_user;
  mounts::Privilege privilege = mounts::Privilege::kOrdinaryUser;
  std::optional<fetcher::CachePlace> cache;  // only where some URI goes through it
  std::string cache_policy;
  fetcher::FetchPlan fetch;
  sandbox::Landlock landlock = sandbox::Landlock::kWherePossible;  // around the fetch stage
  mounts::MountPlan mounts;
  ExecSpec exec;
  sandbox::Stdio stdio = sandbox::Stdio::kInherit;
  std::optional<Supervision> supervision;   // nothing: the executor is executed in place
  std::optional<ExecSpec> replaced = {};    // the entry's own command, where `exec` is another
  bool at_prompt = false;                   // of a shell, whose user may see `replaced` as it is
  std::optional<EntryText> record = {};     // left in the sandbox; nothing where it has one to keep
  std::vector<ShownSetting> settings = {};  // those that count, where the plan is only shown
  std::string settings_file = {};           // where the settings are from; empty: all defaults
  // Who has decided: an option, the entry, a variable, a rule.
  std::string user_from = {};
  std::string sandbox_from = {};  // empty where nobody named one
  std::string cache_from = {};    // empty without a cache
  bool must_have_cache = false;   // for overlays: nothing else was asked for
  // Of an earlier launch, by its record: what is fetched has been, and nothing is known of the
  // settings and the cache that it had.
  bool is_earlier = false;
  std::vector<Remark> warnings = {};
};

std::size_t volumes_of(const Plan& plan);
// Where a variable of its executor is from, in a word: "recorded" of an earlier launch's.
std::string_view source_of(const Plan& plan, const sandbox::EnvVariable& variable);
// Whether directories of the sandbox may be overlays.
bool has_overlays(const Plan& plan);

// Reads nothing. Every problem at once.
Result<Plan, std::vector<Remark>> make_plan(const Entry& entry, const Options& options,
                                            const Survey& survey);

}  // namespace slipway::launcher
