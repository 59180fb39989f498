#include "fetcher/cache/tree_eviction.h"

#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <optional>

#include "fetcher/cache/placement.h"
#include "fetcher/cache/tree_store.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/mount_sources.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kBatch = 32;            // each holds a descriptor
constexpr std::uint64_t kUnknownSize = 4096;  // of a tree whose record is gone
constexpr time_t kNewest = 60;  // seconds; what is just being made may have no lock yet

std::string manifest_of(std::string_view directory, const std::string& name) {
  return cat(directory, '/', name, "/manifest");
}

// The lock on a manifest, alone; nothing where somebody has it, or where there are no locks.
std::optional<Fd> lock_alone(const CacheDirectory& directory, const std::string& manifest) {
  auto file = directory.open_file(manifest, O_RDONLY);
  if (!file) return std::nullopt;
  const auto locked = sys::lock(file->get(), sys::Lock::kExclusive, sys::Wait::kNo);
  if (!locked || !*locked) return std::nullopt;
  const auto same = directory.names_file(manifest, file->get());
  return same && *same ? std::optional(*std::move(file)) : std::nullopt;
}

Result<Fd> open_directory(const CacheDirectory& directory, const char* name) {
  return sys::open_beneath(directory.fd(), name, O_RDONLY | O_DIRECTORY);
}

// First out of sight, so that nobody ever finds half of it.
Result<void> move_away(const CacheDirectory& directory, const std::string& key,
                       const std::string& name) {
  const Fd held = TRY(sys::open_beneath(directory.fd(), in("trees", key), O_PATH | O_DIRECTORY));
  // rename(2): to move a directory elsewhere takes the right to write it.
  TRY(sys::change_mode_of_path(held.get(), 0700));
  return directory.rename(in("trees", key), in("unpacking", name));
}

bool is_old(const struct stat& found) {
  return ::time(nullptr) - found.st_mtim.tv_sec > kNewest;
}

// A tree without a manifest is nobody's: none is ever without one while it is used.
bool has_no_manifest(const CacheDirectory& directory, const std::string& manifest) {
  const auto found = sys::find_at(directory.fd(), manifest);
  return found && !*found;
}

}  // namespace

std::uint64_t TreeEviction::evict(const std::string& key) {
  if (!batch_.contains(key)) take_batch_with(key);
  const auto found = batch_.find(key);
  if (found == batch_.end()) return 0;
  const std::uint64_t freed = remove(key);
  batch_.erase(found);
  return freed;
}

void TreeEviction::take_batch_with(const std::string& key) {
  const auto from = order_.begin() + static_cast<std::ptrdiff_t>(next_);
  const auto wanted = std::find(from, order_.end(), key);
  if (wanted == order_.end()) return;
  batch_.clear();
  next_ = static_cast<std::size_t>(wanted - order_.begin());
  const std::size_t end = std::min(order_.size(), next_ + kBatch);
  for (; next_ < end; ++next_) lock(order_[next_]);
  if (batch_.empty()) return;
  const auto mounted = sandbox::find_mount_sources(kTreeSource, directory_.owner());
  const bool known = mounted && mounted->complete;
  std::erase_if(batch_,
                [&](const auto& each) { return !known || mounted->words.contains(each.first); });
}

void TreeEviction::lock(const std::string& key) {
  const std::string manifest = manifest_of("trees", key);
  auto held = lock_alone(directory_, manifest);
  if (!held && has_no_manifest(directory_, manifest)) held = Fd();
  if (held) batch_.emplace(key, *std::move(held));
}

std::uint64_t TreeEviction::remove(const std::string& key) const {
  const auto record = read_tree_record(directory_, key);
  const std::string name = cat(key, ".gone");
  const auto unpacking = open_directory(directory_, "unpacking");
  // What an earlier eviction that was killed has left under this name.
  if (!unpacking || !remove_tree(unpacking->get(), name)) return 0;
  if (!move_away(directory_, key, name) || !remove_tree(unpacking->get(), name)) return 0;
  return record ? std::max(record->disk_bytes, kUnknownSize) : kUnknownSize;
}

std::set<std::string> trees_in_use(const CacheDirectory& directory,
                                   const std::vector<std::string>& keys) {
  const auto mounted = sandbox::find_mount_sources(kTreeSource, directory.owner());
  std::set<std::string> out;
  for (const std::string& key : keys) {
    const bool shown = !mounted || !mounted->complete || mounted->words.contains(key);
    if (shown || !lock_alone(directory, manifest_of("trees", key))) out.insert(key);
  }
  return out;
}

void sweep_unpacking(const CacheDirectory& directory) {
  const auto unpacking = open_directory(directory, "unpacking");
  const auto entries = unpacking ? sys::list(unpacking->get()) : Error("none");
  if (!entries) return;
  for (const auto& [name, type] : *entries) {
    const std::string manifest = manifest_of("unpacking", name);
    const auto lock = lock_alone(directory, manifest);
    const auto found = sys::find_at(unpacking->get(), name);
    if (!found || !*found) continue;
    const bool unlocked = has_no_manifest(directory, manifest) && is_old(**found);
    if (lock || unlocked) (void)remove_tree(unpacking->get(), name).has_value();
  }
}

}  // namespace slipway::fetcher
