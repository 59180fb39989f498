// What every check of the host starts from: who asks, for whom, with which settings. Reads only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fetcher/plan/settings.h"
#include "launcher/doctor/finding.h"
#include "launcher/plan/options.h"
#include "sandbox/base/result.h"
#include "sandbox/user.h"

namespace slipway::launcher {

struct People {
  sandbox::User caller;
  sandbox::User task_user;  // --user, else the caller
};
// Errors: --user is nobody whom the caller may become.
Result<People> who_asks(const Options& options);

struct HostView {
  People people;
  std::map<std::string, std::string> environment;  // slipway's own
  fetcher::Settings settings;                      // the defaults where they cannot be had
};

// Errors as who_asks().
Result<HostView> look_around(const Options& options);

// For a child process: the rights of the task's user are all that it has from here on.
Result<void> take_task_rights(const People& people);

// "uid 1000 'alice'".
std::string shown(const sandbox::User& user);

// The groups "task" (for whom the rest is examined), "settings" and "fetcher" (the other program).
std::vector<Finding> examine_task(const Options& options);
std::vector<Finding> examine_settings(const Options& options);
std::vector<Finding> examine_fetcher_program(const Options& options);

}  // namespace slipway::launcher
