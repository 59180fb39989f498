#include "tests/bench/statistics.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace slipway::bench {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double smallest(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

double largest(const std::vector<double>& values) {
  return *std::max_element(values.begin(), values.end());
}

std::vector<double> each(const std::vector<Cost>& costs, double Cost::*part) {
  std::vector<double> values;
  values.reserve(costs.size());
  for (const Cost& cost : costs) values.push_back(cost.*part);
  return values;
}

double median_ratio(const std::vector<Cost>& ours, const std::vector<Cost>& theirs) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    ratios.push_back(ours[i].wall_ms / theirs[i].wall_ms);
  }
  return median(std::move(ratios));
}

std::string verdict(double value, std::optional<double> goal) {
  if (!goal) return "";
  char text[64];
  std::snprintf(text, sizeof text, " (goal %g %s)", *goal, value <= *goal ? "met" : "MISSED");
  return text;
}

}  // namespace slipway::bench
