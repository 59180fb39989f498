// Which run of the kernel this is.
#pragma once

#include <chrono>
#include <string>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

// /proc/sys/kernel/random/boot_id (random(4)): another one after every boot.
Result<std::string> boot_id();
// The same, as a word for records; empty where it cannot be known, which is no boot's.
std::string boot_word();

// Since then, times of suspension included (clock_gettime(2), CLOCK_BOOTTIME).
std::chrono::seconds since_boot();

}  // namespace slipway::fetcher
