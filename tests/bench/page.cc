// Makes BENCHMARKS.md of the newest results: of each suite those in RESULTS-DIR, else those that
// the project has already. They are kept in the project, with the charts.
// usage: bench_page RESULTS-DIR PROJECT
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/bench/record.h"
#include "tests/bench/results_chart.h"
#include "tests/bench/results_json.h"
#include "tests/bench/results_table.h"
#include "tests/bench/suites.h"

namespace slipway::bench {

namespace {

namespace fs = std::filesystem;

constexpr char kKept[] = "tests/bench/results";  // from the top of the project

SuiteResult read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  auto result = suite_from_json(text.str());
  if (!result) throw std::runtime_error(cat(path, ": ", result.error().message()));
  return *std::move(result);
}

int accept(const std::string& newest, const std::string& project) {
  const std::string kept = cat(project, "/", kKept);
  fs::create_directories(kept);
  std::vector<SuiteResult> results;
  for (const Suite& suite : kSuites) {
    const std::string ours = cat(kept, "/", suite.name, ".json");
    const std::string theirs = cat(newest, "/", suite.name, ".json");
    if (!fs::exists(theirs) && !fs::exists(ours)) {
      std::printf("%s: no results yet\n", std::string(suite.name).c_str());
      continue;
    }
    results.push_back(read(fs::exists(theirs) ? theirs : ours));
    write_file(ours, to_json(results.back()));
    write_file(cat(kept, "/", suite.name, ".svg"), chart_svg(results.back()));
    std::printf("%s: of %s\n", std::string(suite.name).c_str(), results.back().date.c_str());
  }
  if (results.empty()) throw std::runtime_error("there are no results; run ./dev bench first");
  write_file(project + "/BENCHMARKS.md", markdown_page(results, kKept));
  return 0;
}

}  // namespace

}  // namespace slipway::bench

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fputs("usage: bench_page RESULTS-DIR PROJECT\n", stderr);
    return 2;
  }
  return slipway::bench::accept(argv[1], argv[2]);
} catch (const std::exception& problem) {
  std::fprintf(stderr, "bench_page: %s\n", problem.what());
  return 1;
}
