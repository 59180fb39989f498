// The record that a launch leaves in its sandbox, so that `slipway shell SANDBOX` can reopen it.
#pragma once

#include <string_view>

#include "launcher/entry/entry.h"
#include "launcher/entry/entry_writer.h"
#include "sandbox/base/result.h"
#include "sandbox/environment.h"
#include "sandbox/user.h"

namespace slipway::launcher {

// In .slipway: of the launch whose files are in the sandbox, and of one that has not placed its own
// (yet): what `slipway plan SANDBOX` shows of a launch that failed on the way.
inline constexpr char kRecordFile[] = "entry.json";
inline constexpr char kAttemptFile[] = "attempt.json";

// Who can read what lies in the sandbox. An agent shows it to whoever may see its sandboxes
// (/files of its HTTP API), with root's rights.
enum class Readers { kItsUser, kTheAgents };

// The entry as it was resolved: its user is the one it runs as (the number where there is no name),
// its environment the whole that the executor finds. For an agent's readers without URIs that hold
// credentials, a query or a fragment other than a checksum, and without variables that may hold a
// secret: those whose name says so or whose value looks like it, those of --env and --env-file, and
// what passes from slipway's own environment only because all of it does. Pure.
EntryText make_record(const Entry& entry, const sandbox::User& user,
                      const sandbox::Environment& environment, Readers readers);

// Writes the attempt in `private_dir`, the sandbox's .slipway, with the user's rights: 0600, for it
// may hold credentials. Not synced to the disk, for what outlives a crash of the host is no
// matter of a launch. On an error there is none.
Result<void> note_attempt(int private_dir, const EntryText& record, const sandbox::User& user);

// Makes the attempt the record: whole or not there to a reader. Where there is none, there is no
// record either, rather than one of an earlier launch.
Result<void> keep_attempt(int private_dir, const sandbox::User& user);

}  // namespace slipway::launcher
