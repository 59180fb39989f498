// Results as Markdown. Pure.
#pragma once

#include <span>
#include <string>

#include "tests/bench/results.h"

namespace slipway::bench {

// "0.45", and so many digits of small ones that two of them count: "0.0052".
std::string ratio_text(double ratio);
// "1.23 ms", "456 ms", "7.89 s".
std::string time_text(double milliseconds);

// "1 round", "5 rounds".
std::string rounds_text(std::uint64_t rounds);

// Machine, versions, a row for each peer of each case. `chart` is the path of the picture, as the
// page names it; "" for none.
std::string markdown_section(const SuiteResult& result, const std::string& chart);

// The whole page: how it was measured, and a section for each of `results`. The charts are
// CHARTS/SUITE.svg.
std::string markdown_page(std::span<const SuiteResult> results, const std::string& charts);

}  // namespace slipway::bench
