// What is to be seen in directories of the sandbox: files of a layer that nobody changes, and what
// the task makes of them.
#pragma once

#include <string>
#include <vector>

#include "sandbox/base/fd.h"
#include "sandbox/path.h"

namespace slipway::mounts {

struct OverlaySpec {
  sandbox::SandboxPath target;               // a directory in the sandbox
  std::vector<sandbox::SandboxPath> layers;  // below the layers' directory, the uppermost first
  // Below the sandbox, in its private directory; holds the directories "upper", for what the task
  // changes, and "work".
  sandbox::SandboxPath place;
  std::string source;  // as the mount table shows it; at most 255 bytes
};

struct OverlaySet {
  sandbox::AbsolutePath layers_dir;
  Fd layers;  // the same, opened before
  std::vector<OverlaySpec> overlays;
  Fd private_dir = {};  // the sandbox's, opened before
};

}  // namespace slipway::mounts
