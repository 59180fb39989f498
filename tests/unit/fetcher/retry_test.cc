#include "fetcher/plan/retry.h"

#include <gtest/gtest.h>

namespace slipway::fetcher {
namespace {

using std::chrono::milliseconds;

const FailedTry kReset{FailureClass::kTransient, 0, {}};
const FailedTry kOverloaded{FailureClass::kTransient, 503, {}};

TEST(Retry, OnlyWhatMayPassIsTriedAgain) {
  for (const auto kind :
       {FailureClass::kUser, FailureClass::kAuth, FailureClass::kNotFound, FailureClass::kLocal}) {
    EXPECT_FALSE(pause_after({}, 1, {kind, 0, {}}, 1)) << name_of(kind);
  }
  EXPECT_TRUE(pause_after({}, 1, kReset, 1));
}

TEST(Retry, ThereAreFiveTries) {
  EXPECT_TRUE(pause_after({}, 4, kReset, 1));
  EXPECT_FALSE(pause_after({}, 5, kReset, 1));
  RetryPolicy none;
  none.retries = 0;
  EXPECT_FALSE(pause_after(none, 1, kReset, 1));
}

TEST(Retry, ThePauseDoublesUpToAMinute) {
  RetryPolicy policy;
  policy.retries = 100;
  EXPECT_EQ(pause_after(policy, 1, kReset, 1), milliseconds(100));
  EXPECT_EQ(pause_after(policy, 2, kReset, 1), milliseconds(200));
  EXPECT_EQ(pause_after(policy, 4, kReset, 1), milliseconds(800));
  EXPECT_EQ(pause_after(policy, 50, kReset, 1), milliseconds(60'000));
  EXPECT_EQ(pause_after(policy, 1, kOverloaded, 1), milliseconds(5'000));
  EXPECT_EQ(pause_after(policy, 2, {FailureClass::kTransient, 429, {}}, 1), milliseconds(10'000));
}

TEST(Retry, TheJitterIsFull) {
  EXPECT_EQ(pause_after({}, 1, kReset, 0), milliseconds(0));
  EXPECT_EQ(pause_after({}, 2, kReset, 0.5), milliseconds(100));
}

TEST(Retry, WhatTheServerAsksForIsTheLeast) {
  const FailedTry asks{FailureClass::kTransient, 503, milliseconds(7'000)};
  EXPECT_EQ(pause_after({}, 1, asks, 0), milliseconds(7'000));
  EXPECT_EQ(pause_after({}, 3, asks, 1), milliseconds(20'000));
}

TEST(Retry, AServerThatAsksForHoursIsNotWaitedFor) {
  EXPECT_FALSE(pause_after({}, 1, {FailureClass::kTransient, 503, milliseconds(3'600'000)}, 0));
}

}  // namespace
}  // namespace slipway::fetcher
