#include "tests/load/figures.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

namespace slipway::tests {

namespace {

double milliseconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

// The time that `percent` of the launches took at most. There are launches.
double quantile_ms(std::vector<Sample> samples, std::size_t percent) {
  const std::size_t at = (samples.size() - 1) * percent / 100;
  const auto nth = samples.begin() + static_cast<std::ptrdiff_t>(at);
  std::nth_element(samples.begin(), nth, samples.end(),
                   [](const Sample& a, const Sample& b) { return a.time < b.time; });
  return milliseconds(nth->time);
}

// "<=" where it is this process's own memory, and a launch's is below.
std::string peak_mib(const std::vector<Sample>& samples) {
  std::uint64_t peak = 0;
  for (const Sample& each : samples) peak = std::max(peak, each.peak_bytes);
  rusage own{};
  ::getrusage(RUSAGE_SELF, &own);
  const bool is_own = peak <= static_cast<std::uint64_t>(own.ru_maxrss) * 1024;
  char text[32];
  std::snprintf(text, sizeof text, "%s%.1f", is_own ? "<=" : "", mebibytes(peak));
  return text;
}

}  // namespace

void Figures::add(const std::string& part, const std::vector<Sample>& samples,
                  std::chrono::microseconds took, const std::string& note) {
  if (samples.empty()) return;
  rows_.push_back({part, samples.size(),
                   static_cast<double>(samples.size()) * 1000 / milliseconds(took),
                   quantile_ms(samples, 50), quantile_ms(samples, 99), peak_mib(samples), note});
}

std::string Figures::table() const {
  if (rows_.empty()) return "";
  std::string text;
  char line[256];
  std::snprintf(line, sizeof line, "%-34s %9s %11s %10s %10s %9s  %s\n", "part", "launches",
                "launches/s", "median ms", "p99 ms", "peak MiB", "");
  text += line;
  for (const Row& row : rows_) {
    std::snprintf(line, sizeof line, "%-34s %9zu %11.1f %10.1f %10.1f %9s  %s\n", row.part.c_str(),
                  row.launches, row.per_second, row.median_ms, row.p99_ms, row.peak_mib.c_str(),
                  row.note.c_str());
    text += line;
  }
  return text;
}

Figures& figures() {
  static Figures all;
  return all;
}

double mebibytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

}  // namespace slipway::tests
