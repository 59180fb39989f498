// Seeds that are written here, for texts that no other test has as files.
#pragma once

#include <vector>

#include "tests/fuzz/seeds.h"

namespace slipway::fuzz {

void add_written(std::vector<Seed>& all);

}  // namespace slipway::fuzz
