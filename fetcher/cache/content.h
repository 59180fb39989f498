// Content of a URI that is on this machine, and who is told while it comes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "fetcher/cache/cache_entry.h"
#include "fetcher/plan/fetch_event.h"
#include "fetcher/plan/fetch_plan.h"
#include "fetcher/transfer/transport.h"
#include "sandbox/base/fd.h"

namespace slipway::fetcher {

// A whole body. What was just received is verified; what a cache has is when it is delivered
// (hit.h).
struct Content {
  Fd file;  // open for reading, by pread
  std::uint64_t bytes = 0;
  std::string sha256;          // empty of an agent's file
  std::optional<mode_t> mode;  // of a local source
  FetchSource source = FetchSource::kNetwork;
  std::optional<CacheEntry> cached;  // where it is the cache's file
  bool watched = false;              // the watcher saw it arrive
};

// Is told of a step's content while it comes. Only the last beginning counts: what came before was
// given up, or was damaged.
class ContentWatcher {
 public:
  ContentWatcher() = default;
  ContentWatcher(const ContentWatcher&) = delete;
  ContentWatcher& operator=(const ContentWatcher&) = delete;
  virtual ~ContentWatcher() = default;

  // From here on the content is written to `file` (borrowed for this call), from its start.
  virtual void begins(int file) = 0;
  // The first `size` bytes are there.
  virtual void written(std::uint64_t size) noexcept = 0;
  // It is all there; whether it is the right one is known when obtain() returns.
  virtual void arrived() noexcept = 0;
  virtual void failed() noexcept = 0;
  // Whether it is to be shown content that did not come just now.
  [[nodiscard]] virtual bool wants_what_is_there() const { return true; }
};

// What was received into `file`, while `watcher` (may be null) was told of it.
Content received_content(const FetchStep& step, Fd file, const Received& received,
                         const ContentWatcher* watcher);

// Shows the watcher (may be null) content that is all there, unless it saw it arrive. It need not
// wait until that is verified: what it makes of it counts only then.
void show(const Content& content, ContentWatcher* watcher);

// The mode of a file in the sandbox: 0755 for an executable; a local source's own, less what others
// could write; else 0644. The owner can always replace it.
mode_t mode_in_sandbox(const FetchStep& step, std::optional<mode_t> source_mode);

}  // namespace slipway::fetcher
