#include "tests/bench/number_text.h"

#include <cstdio>

namespace slipway::bench {

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

std::string fixed_text(double value, int digits) {
  char text[352];  // the largest double has 309 digits before the point
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

}  // namespace slipway::bench
