#include "fetcher/cache/cache_key.h"

#include "fetcher/base/digest.h"

namespace slipway::fetcher {

std::string cache_key(const Uri& uri) {
  return sha256_hex(uri.str());
}

}  // namespace slipway::fetcher
