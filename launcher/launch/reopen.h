// Getting hold of an earlier sandbox and its record. The sandbox is writable to its user, so
// nothing in it is believed: it is read with that user's rights, and reopened as that user.
#pragma once

#include <optional>

#include "launcher/entry/entry.h"
#include "launcher/plan/options.h"
#include "launcher/plan/survey.h"
#include "sandbox/user.h"

namespace slipway::launcher {

struct Reopened {
  Entry record;  // for a shell without URIs: they have been fetched
  SandboxChoice sandbox;
  sandbox::User owner;  // of the sandbox, of .slipway and of the record, all three
  sandbox::User caller;
};

// True where the options ask for a shell in a directory, or for the plan of one.
bool names_sandbox(const Options& options);

// Changes nothing. Nothing where the sandbox cannot be reopened: every reason has been said. An
// ordinary user reopens only their own; a user that the record or --user names and that is not the
// owner is an error, never obeyed. A launch that got no files is reopened without them, with a
// warning, where there are none of an earlier one.
std::optional<Reopened> reopen(const Options& options);

}  // namespace slipway::launcher
