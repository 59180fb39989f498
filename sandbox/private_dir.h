// The one name in a sandbox that is slipway's own: where it locks, stages and leaves its records.
#pragma once

#include "sandbox/path.h"

namespace slipway::sandbox {

inline constexpr char kPrivateDir[] = ".slipway";

// True for the private directory and everything below it.
inline bool is_private(const SandboxPath& path) {
  return path.str() == kPrivateDir || path.str().starts_with(".slipway/");
}

}  // namespace slipway::sandbox
