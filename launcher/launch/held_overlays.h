// The overlays that a sandbox is to have, ready to be mounted.
#pragma once

#include <vector>

#include "fetcher/cache/tree_store.h"
#include "launcher/launch/sandbox_entry.h"
#include "mounts/overlay_set.h"
#include "sandbox/base/result.h"
#include "sandbox/user.h"

namespace slipway::launcher {

struct HeldOverlays {
  // Until the mounts themselves say that the trees are in use: to be held until exec.
  std::vector<fetcher::CachedTree> leases;
  mounts::OverlaySet set;
};

// Those that this launch has made are nobody else's.
enum class UpperLayers { kNew, kOfEarlierLaunch };

// What the fetch stage has left in the sandbox (fetcher/work/overlays.h), read with the user's
// rights like everything that the user could alter; its trees are leased. Errors:
// std::errc::resource_unavailable_try_again where a tree was removed meanwhile; an overlay of the
// sandbox is mounted already, by a task that still runs.
Result<HeldOverlays> hold_overlays(const OpenSandbox& sandbox, const sandbox::User& user,
                                   UpperLayers uppers);

}  // namespace slipway::launcher
