#include "fetcher/cache/prefetch_area.h"

#include <sys/stat.h>
#include <time.h>

#include "fetcher/cache/placement.h"
#include "sandbox/base/sys.h"

namespace slipway::fetcher {

std::uint64_t sweep_prefetch_areas(int cache_root, std::chrono::seconds at_least) {
  const auto entries = sys::list(cache_root);
  if (!entries) return 0;
  std::uint64_t removed = 0;
  for (const auto& [name, type] : *entries) {
    if (!name.starts_with(kPrefetchArea)) continue;
    const auto directory = sys::open_beneath(cache_root, name, O_RDONLY | O_DIRECTORY);
    const auto found = directory ? sys::stat_fd(directory->get()) : Error("none");
    if (!found || ::time(nullptr) - found->st_mtim.tv_sec < at_least.count()) continue;
    const auto locked = sys::lock(directory->get(), sys::Lock::kExclusive);
    if (locked && *locked && remove_tree(cache_root, name)) ++removed;
  }
  return removed;
}

}  // namespace slipway::fetcher
