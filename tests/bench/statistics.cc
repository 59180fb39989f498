#include "tests/bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace slipway::bench {

double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  const double at = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(at));
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - std::floor(at)) * (values[above] - values[below]);
}

double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

double smallest(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

double largest(const std::vector<double>& values) {
  return *std::max_element(values.begin(), values.end());
}

Spread spread(const std::vector<double>& values) {
  return {smallest(values), quantile(values, 0.25), median(values), quantile(values, 0.75),
          largest(values)};
}

std::vector<double> each(const std::vector<Cost>& costs, double Cost::*part) {
  std::vector<double> values;
  values.reserve(costs.size());
  for (const Cost& cost : costs) values.push_back(cost.*part);
  return values;
}

std::vector<double> ratios(const std::vector<Cost>& ours, const std::vector<Cost>& theirs) {
  std::vector<double> ratios;
  ratios.reserve(ours.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    ratios.push_back(ours[i].wall_ms / theirs[i].wall_ms);
  }
  return ratios;
}

double median_ratio(const std::vector<Cost>& ours, const std::vector<Cost>& theirs) {
  return median(ratios(ours, theirs));
}

CaseResult summary(const std::string& title, const std::vector<Contender>& contenders,
                   const std::vector<std::vector<Cost>>& costs, std::optional<double> most_mib) {
  const auto& ours = costs.front();
  CaseResult result;
  result.title = title;
  result.rounds = ours.size();
  result.wall_ms = median(each(ours, &Cost::wall_ms));
  result.cpu_ms = median(each(ours, &Cost::cpu_ms));
  result.faults = median(each(ours, &Cost::faults));
  result.peak_mib = largest(each(ours, &Cost::peak_mib));
  result.most_mib = most_mib;
  for (std::size_t i = 1; i < costs.size(); ++i) {
    result.peers.push_back({contenders[i].name, median(each(costs[i], &Cost::wall_ms)),
                            spread(ratios(ours, costs[i])), contenders[i].goal});
  }
  return result;
}

std::string verdict(double value, std::optional<double> goal) {
  if (!goal) return "";
  char text[64];
  std::snprintf(text, sizeof text, " (goal %g %s)", *goal, value <= *goal ? "met" : "MISSED");
  return text;
}

}  // namespace slipway::bench
