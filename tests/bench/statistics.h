// What many runs come to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/bench/contender.h"
#include "tests/bench/results.h"
#include "tests/bench/timed_run.h"

namespace slipway::bench {

// All of these are of values that are not none.

// The value that the part `part` (0 to 1) of the values is below; between two of them, the line
// between them decides.
double quantile(std::vector<double> values, double part);
double median(std::vector<double> values);
double smallest(const std::vector<double>& values);
double largest(const std::vector<double>& values);
Spread spread(const std::vector<double>& values);

// One part of every cost, in their order.
std::vector<double> each(const std::vector<Cost>& costs, double Cost::*part);

// The ratios of wall time within the rounds. There are as many rounds of both.
std::vector<double> ratios(const std::vector<Cost>& ours, const std::vector<Cost>& theirs);
double median_ratio(const std::vector<Cost>& ours, const std::vector<Cost>& theirs);

// `costs` has the rounds of every contender, in their order; slipway is the first one.
CaseResult summary(const std::string& title, const std::vector<Contender>& contenders,
                   const std::vector<std::vector<Cost>>& costs, std::optional<double> most_mib);

// " (goal 0.6 met)" or " (goal 0.6 MISSED)"; "" where there is no goal.
std::string verdict(double value, std::optional<double> goal);

}  // namespace slipway::bench
