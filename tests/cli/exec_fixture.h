// What the tests of launches without volumes share.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"

namespace slipway::tests {

class Exec : public SlipwayTest {
 protected:
  // The probe as the executor, fetched into the sandbox under that name.
  std::string probe_uri(std::string_view name = "probe") {
    return cat(R"({"value":")", probe_, R"(","executable":true,"output_file":")", name, R"("})");
  }
};

class ExecAs : public Exec, public ::testing::WithParamInterface<As> {};

}  // namespace slipway::tests
