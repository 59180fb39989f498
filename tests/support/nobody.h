// An ordinary user that every machine has.
#pragma once

#include <sys/types.h>

namespace slipway::tests {

// The number of the user "nobody", and of its group.
inline constexpr uid_t kNobody = 65534;

}  // namespace slipway::tests
