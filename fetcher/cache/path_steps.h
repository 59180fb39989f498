// The steps of a way to a directory, for those who look at each of them.
#pragma once

#include <sys/types.h>

#include <string>

#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// The directory `name` in `directory` (borrowed), made where it is missing; never through a link.
Result<Fd> make_and_open(int directory, const std::string& name, mode_t mode);

}  // namespace slipway::fetcher
