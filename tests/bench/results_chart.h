// Results as a picture (SVG 1.1). Pure.
#pragma once

#include <string>
#include <string_view>

#include "tests/bench/results.h"

namespace slipway::bench {

// A bar for each peer of each case: slipway's part of the peer's time, with the value beside it and
// a mark at the goal. It has a background of its own, light or dark as the reader prefers; text is
// text, and what is needed to draw it is in it.
std::string chart_svg(const SuiteResult& result);

// Text as XML has it between and within tags.
std::string xml_escape(std::string_view text);

// Where the axis ends that is to show `largest`; a bar that is longer is cut.
double axis_end(double largest);

}  // namespace slipway::bench
