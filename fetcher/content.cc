#include "fetcher/content.h"

namespace slipway::fetcher {

void show(const Content& content, ContentWatcher* watcher) {
  if (watcher == nullptr || content.watched) return;
  watcher->begins(content.file.get());
  watcher->written(content.bytes);
  watcher->arrived();
}

mode_t mode_in_sandbox(const FetchStep& step, std::optional<mode_t> source_mode) {
  if (step.executable) return 0755;
  return source_mode ? (*source_mode & 0755) | 0600 : 0644;
}

FetchSource origin_of(const FetchStep& step) {
  return step.uri.is_local() ? FetchSource::kLocal : FetchSource::kNetwork;
}

}  // namespace slipway::fetcher
