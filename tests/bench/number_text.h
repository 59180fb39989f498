// Numbers as people and SVG read them. Pure.
#pragma once

#include <string>

namespace slipway::bench {

// As short as it can be with six digits: "0.6", "12", "1.25".
std::string number_text(double value);
// With so many digits behind the point.
std::string fixed_text(double value, int digits);

}  // namespace slipway::bench
