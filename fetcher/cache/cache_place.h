// Which directory is the cache, and getting hold of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"
#include "sandbox/path.h"
#include "sandbox/user.h"

namespace slipway::fetcher {

// Of the operator (a flag or SLIPWAY_CACHE_DIR): what cannot be had is an error then. Of the rules:
// then slipway goes on without a cache and says so.
enum class PlaceOrigin { kOperator, kRules };

struct CachePlace {
  sandbox::AbsolutePath path;
  PlaceOrigin origin = PlaceOrigin::kRules;
  bool shared_parent = false;      // below /var/cache/slipway/users: made by root or found there
  std::string_view variable = {};  // XDG_CACHE_HOME or HOME, where that has named it
};

inline constexpr char kSharedCaches[] = "/var/cache/slipway/users";

// What choosing depends on; read by the survey.
struct CacheSurroundings {
  std::string operator_dir;  // absolute; empty where the operator says nothing
  bool started_as_root = false;
  bool shared_parent_exists = false;
  std::string xdg_cache_home;  // of the environment
  std::string home;            // of the environment; empty where that directory does not exist
};

// Pure. operator_dir; else for root /var/cache/slipway/users/UID; else XDG_CACHE_HOME/slipway or
// HOME/.cache/slipway; else /var/cache/slipway/users/UID where the package made the parent; else
// nothing.
Result<std::optional<CachePlace>> choose_cache_place(const CacheSurroundings& surroundings,
                                                     uid_t user);

// The directory, opened with `user`'s rights; nothing where it does not exist yet. Errors: a link
// in its path is neither root's nor the user's.
Result<std::optional<Fd>> open_cache_place(const CachePlace& place, const sandbox::User& user);

// As above, made where it is missing: mode 0700, the user's.
Result<Fd> make_cache_place(const CachePlace& place, const sandbox::User& user);

// Whether make_cache_place() could make what is missing, and `user` something in it. Changes
// nothing. Errors: as of make_cache_place(), as far as the rights of the nearest directory tell.
Result<void> expect_cache_place(const CachePlace& place, const sandbox::User& user);

}  // namespace slipway::fetcher
