// The name of a URI in the cache. Pure.
#pragma once

#include <string>

#include "fetcher/plan/uri.h"

namespace slipway::fetcher {

// SHA-256, in hex, of the URI's exact bytes: nothing is normalised, so that no two URIs that a
// server could tell apart share an entry, and no secret of a URI is in a file name.
std::string cache_key(const Uri& uri);

}  // namespace slipway::fetcher
