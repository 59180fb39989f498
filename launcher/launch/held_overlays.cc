#include "launcher/launch/held_overlays.h"

#include <algorithm>

#include "fetcher/cache/cache.h"
#include "fetcher/work/overlays.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/mount_sources.h"
#include "sandbox/private_dir.h"

namespace slipway::launcher {

namespace {

using sandbox::SandboxPath;

// Looked at by a descriptor that reads nothing, so that a fifo or device is not even opened.
Result<fetcher::Overlays> read_overlays(const Fd& private_dir) {
  if (!TRY(sys::find_at(private_dir.get(), fetcher::kOverlaysFile))) return fetcher::Overlays{};
  const Fd held = TRY(sys::open_beneath(private_dir.get(), fetcher::kOverlaysFile, O_PATH));
  if (!S_ISREG(TRY(sys::stat_fd(held.get())).st_mode)) return Error("it is no regular file");
  const Fd file = TRY(sys::reopen(held.get(), O_RDONLY | O_NOCTTY));
  return fetcher::parse_overlays(TRY(sys::read_to_end(file.get(), fetcher::kOverlaysMaxBytes)));
}

Result<void> lease(const fetcher::Cache& cache, const fetcher::OverlayDirectory& directory,
                   std::vector<fetcher::CachedTree>& leases) {
  for (const std::string& key : directory.trees) {
    if (std::ranges::find(leases, key, &fetcher::CachedTree::key) != leases.end()) continue;
    auto tree = fetcher::TreeStore(cache).look(key);
    if (!tree || !*tree) {
      return Error(std::make_error_code(std::errc::resource_unavailable_try_again),
                   cat("the cache has no longer what ", quote(directory.name), " comes from",
                       tree ? std::string() : cat(": ", tree.error().message())))
          .hint(
              "launch again; where somebody empties the cache all the time, with "
              "--materialize=copy");
    }
    leases.push_back(**std::move(tree));
  }
  return {};
}

Result<mounts::OverlaySpec> spec_of(const fetcher::Overlays& overlays, std::size_t index,
                                    const Fd& private_dir) {
  const fetcher::OverlayDirectory& directory = overlays.directories[index];
  const std::string place = fetcher::overlay_place(overlays, index);
  const auto upper = TRY(sys::stat_fd(
      TRY(sys::open_beneath(private_dir.get(), cat(place, "/upper"), O_PATH | O_DIRECTORY)).get()));
  const auto target = TRY(SandboxPath::parse(directory.name));
  const auto below = TRY(SandboxPath::parse(cat(sandbox::kPrivateDir, '/', place)));
  mounts::OverlaySpec spec{
      target, {}, below, fetcher::overlay_source(directory, fetcher::upper_word(upper))};
  // The later one's files count.
  for (auto key = directory.trees.rbegin(); key != directory.trees.rend(); ++key) {
    spec.layers.push_back(
        TRY(SandboxPath::parse(cat("v1/trees/", *key, "/tree/", directory.name))));
  }
  return spec;
}

// Two overlays that write to one upper directory are undefined (overlayfs in the kernel's
// documentation), and nothing keeps them apart but this.
Result<void> expect_unmounted(const mounts::OverlaySet& set, uid_t owner) {
  const auto mounted = TRY(sandbox::find_mount_sources(fetcher::kTreeSource, owner));
  if (!mounted.complete) {
    return Error("what the processes of this host have mounted cannot be seen in /proc")
        .hint(
            "a task may still write here: mount /proc, and let a seccomp profile allow reading it");
  }
  for (const mounts::OverlaySpec& each : set.overlays) {
    const std::string upper = each.source.substr(each.source.rfind(',') + 1);
    if (!mounted.words.contains(upper)) continue;
    return Error(cat(quote(each.target.str()),
                     " is an overlay that a process of this sandbox still has mounted"))
        .hint("wait for its end, or join it: nsenter --target PID --user --mount --wd");
  }
  return {};
}

Result<HeldOverlays> hold(const fetcher::Overlays& overlays, const Fd& private_dir,
                          const sandbox::User& user) {
  const auto path = TRY(sandbox::AbsolutePath::parse(overlays.cache));
  const std::string what = cat("the cache ", quote(path.str()));
  Fd root = TRY(sys::open_canonical(path.str(), O_RDONLY | O_DIRECTORY).context(what));
  HeldOverlays held{{}, {path, Fd(), {}}};
  held.set.layers = TRY(sys::duplicate(root.get()));
  const auto cache = TRY(fetcher::Cache::open_existing(std::move(root), user.uid).context(what));
  if (!cache) return Error(cat(what, " is gone"));
  for (std::size_t i = 0; i < overlays.directories.size(); ++i) {
    TRY(lease(*cache, overlays.directories[i], held.leases));
    held.set.overlays.push_back(TRY(spec_of(overlays, i, private_dir)));
  }
  return held;
}

}  // namespace

Result<HeldOverlays> hold_overlays(const OpenSandbox& sandbox, const sandbox::User& user,
                                   UpperLayers uppers) {
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  const auto overlays =
      TRY(read_overlays(sandbox.private_dir).context(quote(fetcher::kOverlaysFile)));
  if (overlays.directories.empty()) {
    const auto nowhere = TRY(sandbox::AbsolutePath::parse("/"));
    return HeldOverlays{{}, {nowhere, Fd(), {}}};
  }
  auto held = TRY(hold(overlays, sandbox.private_dir, user));
  if (uppers == UpperLayers::kOfEarlierLaunch) TRY(expect_unmounted(held.set, user.uid));
  return held;
}

}  // namespace slipway::launcher
