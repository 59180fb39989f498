#include "fetcher/cache/tree_eviction.h"

#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "fetcher/cache/placement.h"
#include "fetcher/cache/tree_record.h"
#include "fetcher/cache/tree_store.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/mount_sources.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kBatch = 32;           // each holds a descriptor
constexpr std::string_view kGone = ".gone";  // ends the names of what is being deleted
constexpr time_t kNewest = 60;  // seconds; what is just being made may have no lock yet

std::string manifest_of(std::string_view directory, const std::string& name) {
  return cat(directory, '/', name, "/manifest");
}

// The lock on a manifest, alone; nothing where somebody has it, or where there are no locks.
std::optional<Fd> lock_alone(const CacheDirectory& directory, const std::string& manifest) {
  auto file = directory.open_file(manifest, O_RDONLY);
  if (!file) return std::nullopt;
  const auto locked = sys::lock(file->get(), sys::Lock::kExclusive);
  if (!locked || !*locked) return std::nullopt;
  const auto same = directory.names_file(manifest, file->get());
  return same && *same ? std::optional(*std::move(file)) : std::nullopt;
}

Result<Fd> open_directory(const CacheDirectory& directory, const char* name) {
  return sys::open_beneath(directory.fd(), name, O_RDONLY | O_DIRECTORY);
}

// Out of sight, so that nobody ever finds half of it; returns its name in unpacking/.
Result<std::string> move_away(const CacheDirectory& directory, const std::string& name) {
  const Fd held = TRY(sys::open_beneath(directory.fd(), in("trees", name), O_PATH | O_DIRECTORY));
  // rename(2): to move a directory elsewhere takes the right to write it.
  TRY(sys::change_mode_of_path(held.get(), 0700));
  // Not that of one that somebody else is deleting, or was when it was killed.
  std::string gone = cat(new_name_of_tree(name), kGone);
  TRY(directory.rename(in("trees", name), in("unpacking", gone)));
  return gone;
}

bool is_old(const struct stat& found) {
  return ::time(nullptr) - found.st_mtim.tv_sec > kNewest;
}

// A tree without a manifest is nobody's: none is ever without one while it is used. Nor can anybody
// use one with something else in its place.
bool has_no_manifest(const CacheDirectory& directory, const std::string& manifest) {
  const auto found = sys::find_at(directory.fd(), manifest);
  return found && (!*found || !S_ISREG((*found)->st_mode));
}

}  // namespace

std::set<std::string> TreeEviction::evict(std::span<const std::string> names) {
  std::vector<std::string> candidates;
  for (const std::string& name : names) {
    if (may_go(name)) candidates.push_back(name);
  }
  std::set<std::string> gone;
  for (auto rest = std::span<const std::string>(candidates); !rest.empty();) {
    const auto batch = rest.first(std::min(rest.size(), kBatch));
    evict_batch(batch, gone);
    rest = rest.subspan(batch.size());
  }
  return gone;
}

// All locks of a batch are had before the mount tables are read, once for all of them: a launch
// that has got a lease since then would be seen by nobody.
void TreeEviction::evict_batch(std::span<const std::string> names, std::set<std::string>& gone) {
  Locks held = lock(names);
  if (held.empty() || !look_for_mounts()) return;
  std::vector<std::string> moved;
  std::erase_if(held, [&](const auto& each) {
    auto name = may_go(each.first) ? move_away(directory_, each.first) : Error("in use");
    if (!name) return true;
    moved.push_back(*std::move(name));
    return false;
  });
  for (const auto& each : held) gone.insert(each.first);
  // With their own locks still held, or others would sweep them at the same time. What is left by
  // who is killed here goes with the next sweep.
  const auto unpacking = open_directory(directory_, "unpacking");
  for (const std::string& name : moved) {
    if (unpacking) (void)remove_tree(unpacking->get(), name, beat_).has_value();
    beat_();
  }
}

TreeEviction::Locks TreeEviction::lock(std::span<const std::string> names) const {
  Locks locks;
  for (const std::string& name : names) {
    const std::string manifest = manifest_of("trees", name);
    auto held = lock_alone(directory_, manifest);
    if (!held && has_no_manifest(directory_, manifest)) held = Fd();
    if (held) locks.emplace(name, *std::move(held));
  }
  return locks;
}

bool TreeEviction::look_for_mounts() {
  auto mounted = sandbox::find_mount_sources(kTreeSource, directory_.owner());
  blind_ = !mounted || !mounted->complete;
  if (!blind_) mounted_.merge(std::move(mounted->words));
  return !blind_;
}

// A mount names the key, also of a tree that was set aside since.
bool TreeEviction::may_go(const std::string& name) const {
  return !blind_ && !mounted_.contains(key_of_tree(name));
}

std::set<std::string> trees_in_use(const CacheDirectory& directory,
                                   const std::vector<std::string>& names) {
  const auto mounted = sandbox::find_mount_sources(kTreeSource, directory.owner());
  std::set<std::string> out;
  for (const std::string& name : names) {
    const bool shown = !mounted || !mounted->complete || mounted->words.contains(key_of_tree(name));
    if (shown || !lock_alone(directory, manifest_of("trees", name))) out.insert(name);
  }
  return out;
}

void sweep_unpacking(const CacheDirectory& directory, const std::function<void()>& beat) {
  const auto unpacking = open_directory(directory, "unpacking");
  const auto entries = unpacking ? sys::list(unpacking->get()) : Error("none");
  if (!entries) return;
  for (const auto& [name, type] : *entries) {
    beat();
    const std::string manifest = manifest_of("unpacking", name);
    const auto lock = lock_alone(directory, manifest);
    const auto found = sys::find_at(unpacking->get(), name);
    if (!found || !*found) continue;
    const bool unlocked =
        has_no_manifest(directory, manifest) && (name.ends_with(kGone) || is_old(**found));
    if (lock || unlocked) (void)remove_tree(unpacking->get(), name, beat).has_value();
  }
}

}  // namespace slipway::fetcher
