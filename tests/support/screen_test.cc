#include "tests/support/screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::tests {
namespace {

using ::testing::ElementsAre;

TEST(Screen, HoldsWhatWasNotTakenAway) {
  Screen screen(10, 4);
  screen.feed("log\r\none\x1b[K\r\ntwo\x1b[K\r\n\x1b[J");
  EXPECT_THAT(screen.lines(), ElementsAre("log", "one", "two"));
  screen.feed("\r\x1b[2A\x1b[J");
  EXPECT_THAT(screen.lines(), ElementsAre("log"));
  EXPECT_EQ(screen.row(), 1U);
  EXPECT_EQ(screen.column(), 0U);
}

TEST(Screen, WhatIsOverwrittenWithoutErasureIsLeft) {
  Screen screen(20, 4);
  screen.feed("long line\rshort");
  EXPECT_THAT(screen.lines(), ElementsAre("shortline"));
}

TEST(Screen, KnowsWhichLinesWereTooLong) {
  Screen screen(4, 4);
  screen.feed("abcd\r\nefghi");
  EXPECT_THAT(screen.lines(), ElementsAre("abcd", "efgh", "i"));
  EXPECT_THAT(screen.wrapped(), ElementsAre("efgh"));
}

TEST(Screen, TheCursorDoesNotReachWhatHasScrolledOut) {
  Screen screen(10, 2);
  screen.feed("a\r\nb\r\nc\x1b[9A\rx");
  EXPECT_THAT(screen.lines(), ElementsAre("a", "x", "c"));
}

TEST(Screen, TakesSequencesAndCharactersInPiecesAndNamesWhatItDoesNotKnow) {
  Screen screen(10, 4);
  screen.feed("\xe2\x80");
  screen.feed("\xa6|\x1b");
  screen.feed("[");
  screen.feed("31m|");
  EXPECT_THAT(screen.lines(), ElementsAre("…||"));
  EXPECT_EQ(screen.column(), 3U);
  EXPECT_THAT(screen.unknown(), ElementsAre("\x1b[31m"));
}

}  // namespace
}  // namespace slipway::tests
