// How what the cache has gets into a sandbox. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

// --materialize, and the key of that name in the settings.
enum class Way {
  kAuto,     // reflink, file by file copy where that cannot be
  kCopy,     // every byte is copied
  kReflink,  // files share their blocks with the cache until somebody writes (FICLONE)
  kOverlay,  // top-level directories of an archive appear as overlay mounts; the rest as
             // the next way says, kAuto where none follows
};
std::string_view name_of(Way way);

// The first one that can be had counts. Never empty, each at most once, none behind one that can
// always be had.
using Ways = std::vector<Way>;

// "overlay,auto". Errors: an unknown word, one that is there twice or would never count, overlay
// behind another.
Result<Ways> parse_ways(std::string_view text);
std::string text_of(const Ways& ways);

// Of files that the cache has.
enum class Sharing {
  kWherePossible,  // reflink, else copy
  kRequired,       // reflink, else an error
  kNever,          // copy
};
std::string_view name_of(Sharing sharing);
std::optional<Sharing> sharing_of_name(std::string_view name);

// What a launch does.
struct Materialization {
  bool overlay = false;  // of directories
  Sharing sharing = Sharing::kWherePossible;
  std::string reason = {};  // why not what comes first, for people; empty where it is that

  bool operator==(const Materialization&) const = default;
};

// `no_overlay` says why there can be no overlay; empty where there can. Errors: there is nothing
// else in the list.
Result<Materialization> choose_way(const Ways& ways, const std::string& no_overlay);

std::string describe(const Materialization& chosen);

}  // namespace slipway::fetcher
