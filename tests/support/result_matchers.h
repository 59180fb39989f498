// Results in tests: EXPECT_THAT(result, IsOk()), EXPECT_THAT(result, FailsWith(HasSubstr("…"))).
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "sandbox/base/error.h"

namespace slipway::tests {

inline const Error& error_of(const Error& error) {
  return error;
}
// For errors that carry an Error beside something else, as a TransferFailure does.
template <class Failure>
const Error& error_of(const Failure& failure) {
  return failure.error;
}

MATCHER(IsOk, negation ? "is an error" : "is no error") {
  if (arg.has_value()) return true;
  *result_listener << "which is the error: " << error_of(arg.error()).message();
  return false;
}

// The message of the error, outer frames first, matches `inner`.
MATCHER_P(FailsWith, inner,
          "is an error whose message " + ::testing::DescribeMatcher<std::string>(inner, negation)) {
  if (arg.has_value()) {
    *result_listener << "which is no error";
    return false;
  }
  const std::string& message = error_of(arg.error()).message();
  *result_listener << "whose message is: " << message << " ";
  return ::testing::SafeMatcherCast<const std::string&>(inner).MatchAndExplain(message,
                                                                               result_listener);
}

}  // namespace slipway::tests

#define SLIPWAY_TEST_JOIN_(a, b) a##b
#define SLIPWAY_TEST_JOIN(a, b) SLIPWAY_TEST_JOIN_(a, b)
#define SLIPWAY_ASSERT_OK_AND_ASSIGN(held, left, ...)                                  \
  auto held = (__VA_ARGS__);                                                           \
  ASSERT_TRUE(held.has_value()) << ::slipway::tests::error_of(held.error()).message(); \
  left = *std::move(held)

// ASSERT_OK_AND_ASSIGN(const Fd fd, sys::open_at(…)): the value, or the end of this test.
#define ASSERT_OK_AND_ASSIGN(left, ...) \
  SLIPWAY_ASSERT_OK_AND_ASSIGN(SLIPWAY_TEST_JOIN(slipway_held_, __COUNTER__), left, __VA_ARGS__)
