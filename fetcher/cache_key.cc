#include "fetcher/cache_key.h"

#include "fetcher/digest.h"

namespace slipway::fetcher {

std::string cache_key(const Uri& uri) {
  return sha256_hex(uri.str());
}

}  // namespace slipway::fetcher
