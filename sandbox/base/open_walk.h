// openat2(2) for kernels and seccomp filters that lack it: the path is walked component by
// component, each opened relative to the one before. What is refused, and with which error number,
// is the same.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::sys {

// `resolve`: RESOLVE_NO_MAGICLINKS, and any of RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH ("..": EXDEV)
// and RESOLVE_NO_XDEV.
Result<Fd> open_walking(int dir, const std::string& path, int flags, mode_t mode,
                        std::uint64_t resolve);

}  // namespace slipway::sys
