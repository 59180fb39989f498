#include "tests/bench/results_table.h"

#include <cmath>

#include "sandbox/base/text.h"
#include "tests/bench/number_text.h"
#include "tests/bench/suites.h"

namespace slipway::bench {

namespace {

constexpr char kHow[] = R"(# Benchmarks

Written by `./dev bench --accept` from the newest run of each suite: do not edit.
`./dev bench` runs all of them, `./dev bench NAME` one; `CONTRIBUTING.md` has the rest.

How it is measured: slipway and its peers run in turn on one machine (interleaved rounds), in each round
another one is the first. A ratio is slipway's wall time divided by the peer's in the same round, so that
what disturbs the machine disturbs both; shown is the median of these pairwise ratios, and in brackets
between which two values the middle half of them lies. Below 1 slipway is faster. Times are medians, and
mean little on another machine; ratios count. Before the rounds that count everybody runs at least once.
Where slipway mounts, unpacks or takes from the cache, it is checked that everything is there. What unpacks or
copies trees does so on a new ext4 file system with a journal; the rest is in memory (tmpfs) unless the case
names another file system.
)";

// A cell of a table ends at a bar.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string case_cell(const CaseResult& each, const SuiteResult& suite) {
  std::string out = each.title;
  if (each.rounds != suite.rounds) out += cat(" (", rounds_text(each.rounds), ")");
  if (each.most_mib) {
    const bool met = each.peak_mib <= *each.most_mib;
    out += cat("; peak ", fixed_text(each.peak_mib, 1), " MiB (≤ ", number_text(*each.most_mib),
               met ? " met)" : " **missed**)");
  }
  return cell(out);
}

std::string goal_cell(const PeerResult& peer) {
  if (!peer.goal) return "";
  const bool met = peer.ratio.median <= *peer.goal;
  return cat("≤ ", number_text(*peer.goal), met ? " met" : " **missed**");
}

void add_rows(std::string& out, const CaseResult& each, const SuiteResult& suite) {
  bool first = true;
  for (const PeerResult& peer : each.peers) {
    out +=
        cat("| ", first ? case_cell(each, suite) : "", " | ", first ? time_text(each.wall_ms) : "",
            " | ", cell(peer.name), " | ", time_text(peer.wall_ms), " | ",
            ratio_text(peer.ratio.median), " (", ratio_text(peer.ratio.lower_quartile), "–",
            ratio_text(peer.ratio.upper_quartile), ") | ", goal_cell(peer), " |\n");
    first = false;
  }
}

std::string versions(const SuiteResult& result) {
  std::string out;
  for (const auto& [name, version] : result.programs) {
    out += cat(out.empty() ? "" : ", ", name, " ", version);
  }
  return out;
}

// Others who use the machine disturb what is measured: the reader is to know.
std::string busy_text(double part) {
  constexpr double kQuiet = 0.1;
  return cat("; others used ", fixed_text(part * 100, 0), " % of the CPUs just before",
             part <= kQuiet ? "" : ": **the machine was not quiet, these numbers mean little**");
}

std::string machine_text(const Machine& machine) {
  return cat(machine.cores, " cores of ", machine.cpu, ", ", machine.memory_mib / 1024,
             " GiB of memory, ", machine.system, ", Linux ", machine.kernel, "; work on ",
             machine.file_system);
}

}  // namespace

std::string ratio_text(double ratio) {
  if (!(ratio > 0)) return "0";
  const double exponent = std::floor(std::log10(ratio));
  const int digits = ratio < 0.1 ? 1 - static_cast<int>(exponent) : 2;
  return fixed_text(ratio, digits);
}

std::string time_text(double milliseconds) {
  if (milliseconds < 100) return fixed_text(milliseconds, 2) + " ms";
  if (milliseconds < 1000) return fixed_text(milliseconds, 0) + " ms";
  return fixed_text(milliseconds / 1000, 2) + " s";
}

std::string rounds_text(std::uint64_t rounds) {
  return cat(rounds, rounds == 1 ? " round" : " rounds");
}

std::string markdown_section(const SuiteResult& result, const std::string& chart) {
  const Suite* suite = find_suite(result.suite);
  std::string out = cat("## ", suite == nullptr ? result.suite : suite->title, "\n\n");
  if (suite != nullptr) out += cat(suite->about, "\n\n");
  out += cat("`", result.command, "`, ", rounds_text(result.rounds), ", ", result.date,
             busy_text(result.busy_before), "\n\n");
  out += cat("On ", machine_text(result.machine), ".\n\n");
  out += cat("With ", versions(result), ".\n\n");
  if (!chart.empty()) out += cat("![slipway's part of each peer's time](", chart, ")\n\n");
  out += "| case | slipway | peer | its time | slipway's part of it | goal |\n";
  out += "|---|--:|---|--:|--:|---|\n";
  for (const CaseResult& each : result.cases) add_rows(out, each, result);
  return out;
}

std::string markdown_page(std::span<const SuiteResult> results, const std::string& charts) {
  std::string out = kHow;
  for (const SuiteResult& result : results) {
    out += "\n" + markdown_section(result, cat(charts, "/", result.suite, ".svg"));
  }
  return out;
}

}  // namespace slipway::bench
