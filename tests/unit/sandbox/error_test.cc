#include "sandbox/base/error.h"

#include <gtest/gtest.h>

#include "sandbox/base/result.h"

namespace slipway {
namespace {

Result<int> leaf(bool fails) {
  if (fails) return Error::system(ENOSPC, "write 'x'");
  return 7;
}

Result<int> caller(bool fails) {
  return TRY(leaf(fails).context("saving")) + TRY(leaf(fails));
}

TEST(Error, ContextComesInFrontAndTheCauseIsAskedByCode) {
  const auto failed = caller(true);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "saving: write 'x': No space left on device");
  EXPECT_TRUE(failed.error().is(std::errc::no_space_on_device));
}

TEST(Error, TryGivesTheValue) {
  const auto good = caller(false);
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 14);
}

TEST(ErrorDeathTest, WhoReadsAValueThatIsNotThereOrAnErrorThatIsNotThereEndsAtOnce) {
  const auto failed = caller(true);
  const auto good = caller(false);
  volatile int read = 0;
  EXPECT_DEATH(read = *failed, "");
  EXPECT_DEATH(read = static_cast<int>(good.error().message().size()), "");
  EXPECT_EQ(read, 0);
}

TEST(Error, ContextAssignedToItselfKeepsTheMessage) {
  Error error("leaf");
  error = std::move(error).context("outer");
  EXPECT_EQ(error.message(), "outer: leaf");
}

TEST(Error, TheInnermostRemedyWins) {
  EXPECT_EQ(Error("x").hint("inner").hint("outer").remedy(), "inner");
}

}  // namespace
}  // namespace slipway
