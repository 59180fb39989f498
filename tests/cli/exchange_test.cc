// What is exchanged while a launch is on its way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"
#include "tests/support/raw_server.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Exchanged : public SlipwayTest, public ::testing::WithParamInterface<As> {};

INSTANTIATE_TEST_SUITE_P(As, Exchanged,
                         ::testing::Values(As::kRoot, As::kOrdinaryUser, As::kRootForUser),
                         [](const auto& each) { return name_of(each.param); });

// The request comes when everything is planned, and before anything is mounted.
TEST_P(Exchanged, AHostPathThatLeadsElsewhereThanPlannedIsAnError) {
  dir_.write("v1/which", "one");
  dir_.write("v2/which", "two");
  const std::string current = dir_ / "current";
  fs::create_directory_symlink(dir_ / "v1", current);
  bool exchange = false;
  const RawServer server([&](Exchange& request) {
    if (exchange) {
      fs::remove(current);
      fs::create_directory_symlink(dir_ / "v2", current);
    }
    request.respond("200 OK", "x");
  });
  const auto launch = [&] {
    return run(
        shell_entry("cat v/which", cat(R"({"value":")", server.uri("/file"), R"("})"),
                    cat(R"("volume_mounts":[{"mode":"RO","container_path":"v","host_path":")",
                        current, R"("}])")),
        GetParam());
  };
  EXPECT_EQ(launch().out, "one");
  exchange = true;
  const auto result = launch();
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, AllOf(HasSubstr(current), HasSubstr("leads to another object"),
                                HasSubstr("launch again")));
  EXPECT_EQ(launch().out, "two");
}

}  // namespace
}  // namespace slipway::tests
