// The order that a Mesos agent gives to its mesos-fetcher: the message FetcherInfo as JSON, in the
// environment variable MESOS_FETCHER_INFO and in logs. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

// include/mesos/fetcher/fetcher.proto, and CommandInfo.URI of mesos.proto with its defaults.
struct MesosFetcherInfo {
  enum class Action { kBypassCache, kDownloadAndCache, kRetrieveFromCache };

  struct Item {
    std::string uri;
    bool executable = false;
    bool extract = true;
    bool cache = false;  // what the framework asked for; what is done is `action`
    std::optional<std::string> output_file;
    std::optional<std::string> cache_filename;
    Action action = Action::kBypassCache;
    std::size_t offset = 0;  // of the URI's text in the JSON text
    std::string pointer;     // of the URI's message: "/items/0/uri"
  };

  std::string sandbox_directory;               // not empty; not checked further
  std::optional<std::string> cache_directory;  // holds the user's name already
  std::optional<std::string> user;
  std::optional<std::string> frameworks_home;
  std::optional<std::int64_t> stall_timeout_ns;
  std::vector<Item> items;  // in the order of the text
};

struct FetcherInfoProblem {
  std::size_t offset = 0;  // of the place in the text
  std::string pointer;     // RFC 6901; empty for the whole document
  std::string what;        // repeats no value of the text, which may hold a secret
};

// As lenient as what Mesos reads its messages with (stout/protobuf.hpp): unknown members are
// ignored and null is unset; a boolean or a number may be written as a string, an integer as a real
// without a fraction; what is no array where one is expected is its one element; an enum is its
// name, and an unknown name is as if it were missing. Stricter where readers differ or cut: a name
// that is twice in an object, and a NUL byte. Errors: every problem, in the order of the text;
// never empty.
Result<MesosFetcherInfo, std::vector<FetcherInfoProblem>> parse_fetcher_info(std::string_view json);

}  // namespace slipway::fetcher
