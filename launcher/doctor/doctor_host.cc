#include "launcher/doctor/doctor_host.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "launcher/base/say.h"
#include "launcher/doctor/ask_version.h"
#include "launcher/doctor/passage.h"
#include "launcher/launch/fetch_stage.h"
#include "launcher/plan/own_environment.h"
#include "launcher/plan/survey.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"
#include "sandbox/settings.h"
#include "sandbox/version.h"

namespace slipway::launcher {

namespace {

constexpr std::size_t kShownProblems = 20;
constexpr char kFetcher[] = "slipway-fetcher";

std::string settings_file(const Options& options) {
  return options.settings.empty() ? fetcher::kSettingsFile : options.settings;
}

// A setting that names something on this host.
struct PathSetting {
  const char* key;
  std::string fetcher::Settings::*path;
  mode_t kind;  // S_IFREG, S_IFDIR
};
constexpr PathSetting kPaths[] = {
    {"netrc", &fetcher::Settings::netrc_file, S_IFREG},
    {"headers", &fetcher::Settings::headers_dir, S_IFDIR},
    {"frameworks_home", &fetcher::Settings::frameworks_home, S_IFDIR},
};

void examine_path(const PathSetting& row, const fetcher::Settings& settings,
                  std::vector<Finding>& findings) {
  const std::string& path = settings.*row.path;
  if (path.empty()) return;
  const std::string what = cat(row.key, " under [fetch] names ", quote(path));
  const auto found = sys::stat_at(AT_FDCWD, path, 0);
  if (!found) {
    findings.push_back(fail(row.key, cat(what, ": ", found.error().message()),
                            "make it, or correct the settings"));
  } else if ((found->st_mode & S_IFMT) != row.kind) {
    findings.push_back(fail(row.key,
                            cat(what, ", which is no ", row.kind == S_IFDIR ? "directory" : "file"),
                            "correct the settings"));
  } else if (row.path != &fetcher::Settings::frameworks_home && (found->st_mode & 07) != 0) {
    findings.push_back(warn(
        row.key, cat(what, ", which is open to everybody"),
        cat("it holds secrets; where only root starts slipway: chmod o-rwx ", shell_quote(path))));
  } else {
    findings.push_back(ok(row.key, what));
  }
}

// Descriptors, mounts and slipway's own place are found there; without it everything else fails.
Finding examine_proc() {
  constexpr char kSubject[] = "proc";
  if (const auto self = sys::read_link(AT_FDCWD, "/proc/self/exe"); !self) {
    return fail(kSubject, self.error().message(), "as root: mount -t proc proc /proc");
  }
  return ok(kSubject, "/proc is mounted");
}

std::vector<Finding> told(const std::vector<std::string>& problems) {
  std::vector<Finding> findings;
  for (const std::string& problem : problems) {
    if (findings.size() == kShownProblems) break;
    findings.push_back(fail("settings", problem, "correct it: no launch starts until then"));
  }
  return findings;
}

// Asked only where nobody but root and the caller decides what runs then.
Finding examine_fetcher_at(const std::string& path, const Passage& passage) {
  if (const std::string who = who_else_decides(passage, ::geteuid()); !who.empty()) {
    return warn(kFetcher, cat(who, ": ", quote(path), " was not asked for its version"),
                "install slipway where nobody but root may write");
  }
  const auto answer = ask_version(passage.end().path);
  if (!answer) return fail(kFetcher, text_of(answer.error()), "install slipway again");
  const std::string ours = cat(kFetcher, ' ', kVersion);
  if (*answer == ours) return ok(kFetcher, cat(quote(passage.end().path), " is ", ours));
  return fail(kFetcher, cat(quote(path), " is ", quote(*answer), ", not ", ours),
              "install both programs of one version");
}

}  // namespace

std::string shown(const sandbox::User& user) {
  return cat("uid ", user.uid, user.name.empty() ? "" : " ",
             user.name.empty() ? "" : quote(user.name));
}

Result<People> who_asks(const Options& options) {
  sandbox::User caller = TRY(sandbox::calling_user());
  sandbox::User task_user = TRY(user_of_options(options, caller));
  return People{std::move(caller), std::move(task_user)};
}

Result<HostView> look_around(const Options& options) {
  HostView host{TRY(who_asks(options)), own_environment(), {}};
  const std::string file = settings_file(options);
  if (const auto text = sandbox::read_settings_file(file)) {
    if (auto settings = fetcher::parse_settings(*text, file)) host.settings = *std::move(settings);
  }
  return host;
}

Result<void> take_task_rights(const People& people) {
  if (people.caller.uid != 0 || people.task_user.uid == 0) return {};
  TRY(sandbox::become(people.task_user));
  return sandbox::drop_capabilities();
}

std::vector<Finding> examine_task(const Options& options) {
  const auto people = who_asks(options);
  if (!people) {
    const std::string& remedy = people.error().remedy();
    return {examine_proc(),
            fail("user", people.error().message(), remedy.empty() ? "name another user" : remedy)};
  }
  std::string what = shown(people->task_user);
  if (people->caller.uid == 0 && people->task_user.uid != 0) what += ", on whose behalf root asks";
  if (options.user.empty() && people->caller.uid == 0) {
    what += "; --user examines for another user";
  }
  return {examine_proc(), ok("user", std::move(what))};
}

std::vector<Finding> examine_settings(const Options& options) {
  const std::string file = settings_file(options);
  const auto text = sandbox::read_settings_file(file);
  if (!text && options.settings.empty() && text.error().is(std::errc::no_such_file_or_directory)) {
    return {ok("settings", cat("no ", file, ": everything has its default"))};
  }
  if (!text) {
    return {fail("settings", text.error().message(),
                 "who runs slipway must be able to read them; --settings takes others")};
  }
  const auto settings = fetcher::parse_settings(*text, file);
  if (!settings) return told(settings.error());
  std::vector<Finding> findings{ok("settings", quote(file))};
  for (const PathSetting& row : kPaths) examine_path(row, *settings, findings);
  return findings;
}

// Of the program as root starts it for another user; 0 where it is not said which. What that user
// could read, the kernel lets the user look into as well while it starts (execve(2) on "dumpable").
std::vector<Finding> examine_fetcher_rights(const Passage& passage, uid_t task_user) {
  constexpr char kSubject[] = "slipway-fetcher-rights";
  std::vector<Finding> findings;
  if (const std::string who = who_cannot_execute(passage); !who.empty()) {
    findings.push_back(warn(kSubject, cat(who, ", and it runs as the task's user"),
                            "give everybody the right to execute (chmod a+x)"));
  }
  const std::string& file = passage.end().path;
  if (task_user != 0 && passage.end().found.st_uid == task_user) {
    findings.push_back(warn(kSubject,
                            cat(quote(file),
                                " belongs to the task's user, who can read what it is "
                                "told while it starts, and exchange it"),
                            cat("chown root ", shell_quote(file))));
  }
  if ((passage.end().found.st_mode & (S_IRGRP | S_IROTH)) != 0) {
    findings.push_back(
        warn(kSubject,
             cat(quote(file),
                 " can be read by others than its owner: a task's user can then read "
                 "what it is told while it starts, the passwords in netrc and headers "
                 "among it"),
             cat("chmod go-r ", shell_quote(file))));
  }
  return findings;
}

std::vector<Finding> examine_fetcher_program(const Options& options) {
  const auto path = fetcher_path();
  const auto passage = path ? walk(*path) : Result<Passage>(path.error());
  if (!passage) {
    return {fail(kFetcher, text_of(passage.error()),
                 "install slipway whole: the program that fetches lies beside it")};
  }
  std::vector<Finding> findings{examine_fetcher_at(*path, *passage)};
  const auto people = who_asks(options);
  if (people && people->caller.uid == 0 && options.user != "root") {
    const auto task_user = people->task_user.uid;
    std::ranges::move(examine_fetcher_rights(*passage, task_user), std::back_inserter(findings));
  }
  return findings;
}

}  // namespace slipway::launcher
