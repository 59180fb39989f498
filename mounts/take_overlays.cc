#include "mounts/take_overlays.h"

#include <sys/statvfs.h>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"
#include "sandbox/private_dir.h"

namespace slipway::mounts {

using sandbox::AsUser;
using sandbox::SandboxPath;

namespace {

// What the mounts are made from, in the mount tree of the namespace.
struct Places {
  Fd layers;
  Fd private_dir;
  bool no_exec = false;  // as the sandbox is mounted
};

// The layers are opened with the user's rights only. What the kernel will do on them for the task
// it does with those that the process has when the overlay is made, after it has asked whether
// the task may: as the user, for whom nothing of another owner can be made, but past the
// permissions, because its work directory has none.
Result<Fd> make_overlay(const OverlaySpec& spec, const Places& places, const OverlayMaker& maker,
                        MountCalls& calls) {
  const AsUser rights = TRY(AsUser::enter(maker.user));
  constexpr int kFlags = O_PATH | O_DIRECTORY;
  std::vector<Fd> held;
  OverlayLayers layers;
  for (const SandboxPath& layer : spec.layers) {
    held.push_back(TRY(sys::open_beneath(places.layers.get(), layer.str(), kFlags)));
    layers.lower.push_back(held.back().get());
  }
  const std::string place = spec.place.str().substr(sizeof sandbox::kPrivateDir);  // and a '/'
  const int private_dir = places.private_dir.get();
  const Fd upper = TRY(sys::open_beneath(private_dir, place + "/upper", kFlags));
  const Fd work = TRY(sys::open_beneath(private_dir, place + "/work", kFlags));
  layers.upper = upper.get();
  layers.work = work.get();
  layers.no_exec = places.no_exec;
  if (maker.privilege == Privilege::kRealRoot) {
    layers.attributes = OverlayLayers::Attributes::kTrusted;
  }
  TRY(sandbox::regain_dac_override());
  return calls.make_overlay(layers, spec.source);
}

Result<bool> is_mounted_noexec(int directory) {
  struct statvfs found {};
  if (::fstatvfs(directory, &found) != 0) return Error::system(errno, "fstatvfs");
  return (found.f_flag & ST_NOEXEC) != 0;
}

Result<Places> find_places(const OverlaySet& set, int sandbox, const sandbox::User& user) {
  const AsUser rights = TRY(AsUser::enter(user));
  const std::string& path = set.layers_dir.str();
  Places places;
  places.layers =
      TRY(sys::open_canonical(path, O_PATH | O_DIRECTORY).context("finding the cache again"));
  places.layers =
      TRY(expect_same(std::move(places.layers), set.layers.get(), cat("the cache ", quote(path))));
  places.private_dir = TRY(sys::open_beneath(sandbox, sandbox::kPrivateDir, O_PATH | O_DIRECTORY));
  places.private_dir = TRY(expect_same(std::move(places.private_dir), set.private_dir.get(),
                                       quote(sandbox::kPrivateDir)));
  places.no_exec = TRY(is_mounted_noexec(sandbox));
  return places;
}

}  // namespace

Result<std::vector<Fd>> take_overlays(const OverlaySet& set, int sandbox, const OverlayMaker& maker,
                                      MountCalls& calls) {
  TRY(calls.check_overlays());
  const Places places = TRY(find_places(set, sandbox, maker.user));
  std::vector<Fd> mounts;
  for (const OverlaySpec& each : set.overlays) {
    mounts.push_back(TRY(make_overlay(each, places, maker, calls)
                             .context(quote(each.target.str()))
                             .hint("a new launch with --materialize=auto goes without overlays")));
  }
  return mounts;
}

Result<Fd> expect_same(Fd found, int expected, const std::string& what) {
  const struct stat now = TRY(sys::stat_fd(found.get()));
  const struct stat before = TRY(sys::stat_fd(expected));
  if (now.st_dev != before.st_dev || now.st_ino != before.st_ino) {
    return Error(cat(what, " was replaced meanwhile"));
  }
  return found;
}

}  // namespace slipway::mounts
