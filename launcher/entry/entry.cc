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

bool may_have_overlays(const Entry& entry) {
  return std::ranges::any_of(entry.uris, [](const fetcher::UriRequest& each) {
    return each.cache == fetcher::CacheUse::kYes && each.treatment == fetcher::Treatment::kExtract;
  });
}

}  // namespace slipway::launcher
