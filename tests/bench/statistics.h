// What many runs come to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/bench/timed_run.h"

namespace slipway::bench {

// Of values that are not none.
double median(std::vector<double> values);
double smallest(const std::vector<double>& values);
double largest(const std::vector<double>& values);

// One part of every cost, in their order.
std::vector<double> each(const std::vector<Cost>& costs, double Cost::*part);

// The median of the ratios of wall time within the rounds: what disturbed a round disturbed both.
double median_ratio(const std::vector<Cost>& ours, const std::vector<Cost>& theirs);

// " (goal 0.6 met)" or " (goal 0.6 MISSED)"; "" where there is no goal.
std::string verdict(double value, std::optional<double> goal);

}  // namespace slipway::bench
