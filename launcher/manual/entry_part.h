// What slipway-executors(5) lists of the table of an entry's keys. Pure.
#pragma once

#include <string>

namespace slipway::manual {

// By the object they stand in: the keys that Aurora takes and slipway has no use for.
std::string unused_keys();

}  // namespace slipway::manual
