// gtest's options first, ours then; the figures last.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/load/figures.h"
#include "tests/load/scale.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (!slipway::tests::take_scale(argc, argv)) return 2;
  const int status = RUN_ALL_TESTS();
  std::printf("\n%s", slipway::tests::figures().table().c_str());
  return status;
}
