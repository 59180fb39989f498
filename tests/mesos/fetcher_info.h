// MESOS_FETCHER_INFO as an agent writes it (include/mesos/fetcher/fetcher.proto): one line, keys
// sorted, what has a default written out. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/mesos/agent_uri.h"

namespace slipway::tests {

enum class FetchAction { kBypassCache, kDownloadAndCache, kRetrieveFromCache };
std::string_view name_of(FetchAction action);

struct FetcherItem {
  MesosUri uri;
  FetchAction action = FetchAction::kBypassCache;
  std::string cache_filename;  // empty where it bypasses the cache
};

struct FetcherInfo {
  std::string sandbox_directory;
  std::string cache_directory;
  std::vector<FetcherItem> items;
  std::string user;             // may be empty
  std::string frameworks_home;  // may be empty
  std::int64_t stall_timeout_ns = 60'000'000'000;
};

std::string to_json(const FetcherInfo& info);

}  // namespace slipway::tests
