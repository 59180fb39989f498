// What the tests of launches without volumes share.
#pragma once

#include <gtest/gtest.h>

#include "tests/cli/slipway.h"

namespace slipway::tests {

class Exec : public SlipwayTest {};

class ExecAs : public Exec, public ::testing::WithParamInterface<As> {};

}  // namespace slipway::tests
