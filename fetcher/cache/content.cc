#include "fetcher/cache/content.h"

#include <utility>

namespace slipway::fetcher {

Content received_content(const FetchStep& step, Fd file, const Received& received,
                         const ContentWatcher* watcher) {
  return Content{std::move(file),
                 received.bytes,
                 received.sha256,
                 received.mode,
                 step.uri.is_local() ? FetchSource::kLocal : FetchSource::kNetwork,
                 std::nullopt,
                 watcher != nullptr};
}

void show(const Content& content, ContentWatcher* watcher) {
  if (watcher == nullptr || content.watched || !watcher->wants_what_is_there()) return;
  watcher->begins(content.file.get());
  watcher->written(content.bytes);
  watcher->arrived();
}

mode_t mode_in_sandbox(const FetchStep& step, std::optional<mode_t> source_mode) {
  if (step.executable) return 0755;
  return source_mode ? (*source_mode & 0755) | 0600 : 0644;
}

}  // namespace slipway::fetcher
