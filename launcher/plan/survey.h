// What planning must know of the world, read before anything is done. Reads only.
#pragma once

#include <sys/stat.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fetcher/cache/cache_place.h"
#include "fetcher/plan/settings.h"
#include "launcher/entry/entry.h"
#include "launcher/plan/options.h"
#include "mounts/mount_plan.h"
#include "mounts/mount_survey.h"
#include "sandbox/base/result.h"
#include "sandbox/environment.h"
#include "sandbox/path.h"
#include "sandbox/user.h"

namespace slipway::launcher {

enum class SandboxState {
  kExisting,
  kAgents,     // the current directory, which MESOS_SANDBOX names
  kToMake,     // --sandbox names a directory that is not there yet
  kTemporary,  // nobody named one: a new directory in /tmp, kept and printed
};

struct SandboxChoice {
  sandbox::AbsolutePath path;  // canonical: without links
  SandboxState state = SandboxState::kExisting;
  // Of one to make: the task's user's link leads to where it is to be.
  bool is_users_choice = false;
  bool is_agents = false;  // MESOS_SANDBOX names it, whoever else does
};

struct Survey {
  sandbox::User task_user;
  mounts::Privilege privilege = mounts::Privilege::kOrdinaryUser;
  std::map<std::string, std::string> environment;  // slipway's own
  std::vector<sandbox::NameValue> env_files;       // the variables of all --env-file, in order
  SandboxChoice sandbox;
  std::optional<fetcher::CachePlace> cache;
  std::string no_cache_reason;                             // where `cache` is nothing
  std::vector<std::optional<fetcher::CachedCopy>> copies;  // one per URI
  mounts::MountSurvey mounts;
  // The entry is the sandbox's record: its environment is the whole, and no new record is left.
  bool reopened = false;
  std::optional<std::string> terminal = {};  // TERM, where standard input is a terminal
  fetcher::Settings settings = {};
  // Why directories of the sandbox cannot be overlays; empty where nothing is known against it.
  std::string no_overlay = {};
  bool has_overlays = false;  // an earlier sandbox in which some are
};

// Errors: an unknown user, a user that the caller may not become, a sandbox that cannot be one, an
// --env-file, netrc or file of headers that cannot be read, a place for the cache that is none.
Result<Survey> survey(const Entry& entry, const Options& options, fetcher::Settings settings);

// The same for an earlier sandbox and its record, as the user who owns both; nothing is fetched.
// Errors: an --env-file that cannot be read; overlays of the sandbox that cannot be told.
Result<Survey> survey_again(const Entry& record, const Options& options, SandboxChoice sandbox,
                            sandbox::User owner, const sandbox::User& caller);

// The directory that is the cache of `task_user`, by the rules; nothing where they name none.
Result<std::optional<fetcher::CachePlace>> survey_cache_place(
    const Options& options, const std::map<std::string, std::string>& environment,
    const sandbox::User& caller, const sandbox::User& task_user);

// Who --user says; the caller where it says nothing. Errors: an unknown user, one that the caller
// may not become.
Result<sandbox::User> user_of_options(const Options& options, const sandbox::User& caller);

// --sandbox, else MESOS_SANDBOX where that is the current directory, else a new one in /tmp, with
// the name of `executor` in its own; all by their canonical paths. Errors: the directory in which
// it would be made is not there, or behind a link that is neither root's nor `user`'s; what is
// there can be none.
Result<SandboxChoice> choose_sandbox(const std::string& executor, const Options& options,
                                     const std::map<std::string, std::string>& environment,
                                     const sandbox::User& user);

// Whether root makes a sandbox that the task's user may not make in the directory `parent`: nobody
// but root can alter that one, and no link of the user's leads there.
[[nodiscard]] bool root_makes(const SandboxChoice& choice, const struct stat& parent);

// A directory that is there, by its canonical path. Errors: it is none, or the root directory.
Result<SandboxChoice> existing_sandbox(const std::string& path);

}  // namespace slipway::launcher
