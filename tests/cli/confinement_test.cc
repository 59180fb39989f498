// What a fetch stage can do that a stranger's bytes have taken over: nothing but what it is for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "sandbox/base/text.h"
#include "tests/cli/hit_fixture.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ConfinementAs : public Hit, public ::testing::WithParamInterface<As> {
 protected:
  // From here on slipway-fetcher is tests/support/stranger.cc, and all others may write beside it.
  ConfinementAs() {
    const fs::path place = dir_ / "prefix/libexec/slipway";
    fs::copy_file(fs::path(SLIPWAY_BUILD_DIR) / "tests/stranger", place / "slipway-fetcher",
                  fs::copy_options::overwrite_existing);
    outside_ = place / "outside";
    fs::create_directory(outside_);
    file_ = dir_.write("prefix/libexec/slipway/outside/file", "not for fetchers");
    ::chmod(file_.c_str(), 0666);
    ::chmod(outside_.c_str(), 0777);
  }

  std::string outside_;
  std::string file_;
};

INSTANTIATE_TEST_SUITE_P(All, ConfinementAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(ConfinementAs, WhoTakesOverTheFetcherWritesInTheSandboxOnlyAndExecutesNothing) {
  const auto result = run_anew(shell_entry("true", uri(nginx_.http("/x"))), {}, GetParam());
  EXPECT_EQ(result.exit_code, 125);
  const std::string told = cat('\n', result.err);
  for (const char* attempt :
       {"create", "write", "truncate", "remove", "mkdir", "symlink", "execute", "fifo inside"}) {
    EXPECT_THAT(told, HasSubstr(cat('\n', attempt, ": EACCES\n")));
  }
  for (const char* attempt : {"rename", "link into"}) {
    EXPECT_THAT(told, ::testing::ContainsRegex(cat(attempt, ": E(ACCES|XDEV|PERM)\n")));
  }
  for (const char* attempt : {"read", "create inside"}) {
    EXPECT_THAT(told, HasSubstr(cat('\n', attempt, ": ok\n")));
  }
  EXPECT_EQ(read_file(file_), "not for fetchers");
  EXPECT_EQ(std::distance(fs::directory_iterator(outside_), fs::directory_iterator()), 1);
}

TEST_P(ConfinementAs, TheFetcherIsTheTasksUserWithoutAWayBack) {
  const auto result = run_anew(shell_entry("true", uri(nginx_.http("/x"))), {}, GetParam());
  const bool root = GetParam() == As::kRoot;
  const unsigned uid = root ? 0 : kNobody;
  EXPECT_THAT(result.err, HasSubstr(cat("Uid:\t", uid, '\t', uid, '\t', uid, '\t', uid, '\n')));
  EXPECT_THAT(result.err, HasSubstr("NoNewPrivs:\t1\n"));
  // Of real root: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH and CAP_FOWNER.
  EXPECT_THAT(result.err,
              HasSubstr(root ? "CapPrm:\t000000000000000e\n" : "CapPrm:\t0000000000000000\n"));
}

}  // namespace
}  // namespace slipway::tests
