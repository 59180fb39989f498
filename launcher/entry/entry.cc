#include "launcher/entry/entry.h"

#include <algorithm>
#include <charconv>

namespace slipway::launcher {

std::string text_of(double cpus) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, cpus);
  return {text, end.ptr};
}

bool wants_cache(const Entry& entry) {
  return std::any_of(entry.uris.begin(), entry.uris.end(), [](const fetcher::UriRequest& request) {
    return request.cache == fetcher::CacheUse::kYes;
  });
}

}  // namespace slipway::launcher
