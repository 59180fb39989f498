// The group "cache" of `slipway doctor`: where it is and why, whose, how much room it has, and how
// what is in it gets into a sandbox. Nothing is made.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/cache/cache_place.h"
#include "launcher/doctor/finding.h"
#include "launcher/plan/options.h"
#include "sandbox/base/result.h"

namespace slipway::launcher {

// In a child process, which becomes the task's user.
std::vector<Finding> examine_cache(const Options& options);
// Clones a file without a name from the one place to the other (ioctl_ficlone(2)).
std::vector<Finding> examine_reflink(const Options& options);

// Of the cache's file system. Pure.
Finding judge_cache_kind(std::string_view fs_type);

// Of a cache that slipway cannot use: an error for a launch only where the operator named it. Pure.
Finding judge_unusable_cache(fetcher::PlaceOrigin origin, const Error& why);

// Of a clone that was tried. Pure.
enum class Apart { kNo, kYes };  // on different file systems
Finding judge_reflink(const Result<void>& cloned, std::string_view fs_type, Apart apart);

}  // namespace slipway::launcher
