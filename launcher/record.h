// The record that a launch leaves in its sandbox, so that `slipway shell SANDBOX` can reopen it.
#pragma once

#include <string_view>

#include "launcher/entry.h"
#include "launcher/entry_writer.h"
#include "sandbox/base/result.h"
#include "sandbox/environment.h"
#include "sandbox/user.h"

namespace slipway::launcher {

inline constexpr char kRecordFile[] = "entry.json";  // in .slipway

// The entry as it was resolved: its user is the one it runs as (the number where there is no name),
// its environment the whole that the executor finds. Pure.
EntryText make_record(const Entry& entry, const sandbox::User& user,
                      const sandbox::Environment& environment);

// Replaces the record in `private_dir`, the sandbox's .slipway, with the user's rights: 0600, for
// URIs may hold credentials. Whole or not there to a reader; not synced to the disk, for what
// outlives a crash of the host is no matter of a launch. On an error there is no record, rather
// than one of an earlier launch.
Result<void> leave_record(int private_dir, const EntryText& record, const sandbox::User& user);

}  // namespace slipway::launcher
