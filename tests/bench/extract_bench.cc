// How long it takes to unpack archives, against programs that do the same. Every round runs all
// contenders of a case once, each on a new file system; what counts is the median of the ratios
// within the rounds.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/bench/archives.h"
#include "tests/bench/beforehand.h"
#include "tests/bench/child.h"
#include "tests/bench/extract_cases.h"
#include "tests/bench/fingerprint.h"
#include "tests/bench/invocation.h"
#include "tests/bench/machine.h"
#include "tests/bench/record.h"
#include "tests/bench/rounds.h"
#include "tests/bench/scratch_disk.h"
#include "tests/bench/statistics.h"
#include "tests/bench/timed_run.h"
#include "tests/support/nginx.h"
#include "tests/support/temp_dir.h"

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

struct Settings {
  Invocation invocation;
  double scale = 1;
  bool tmpfs = false;
  std::string keep;
};

std::string title_of(const ExtractRow& row, DiskKind kind) {
  return cat(row.title, kind == DiskKind::kTmpfs ? ", tmpfs" : "");
}

std::vector<DiskKind> kinds_of(const Settings& settings) {
  std::vector<DiskKind> kinds{DiskKind::kExt4};
  if (settings.tmpfs) kinds.push_back(DiskKind::kTmpfs);
  return kinds;
}

// Everything that is not to be measured is done before.
void make_ready(const Contender& contender, const ExtractCase& each, ScratchDisk& disk,
                double scale) {
  constexpr double kTouched = 2.0 * (1 << 30);
  disk.renew();
  touch_memory(static_cast<std::size_t>(kTouched * std::min(scale, 1.0)));
  read_through(contender.name == "floor" ? each.plain : each.archive);
}

Cost run_on_new_disk(const Contender& contender, const ExtractCase& each, ScratchDisk& disk,
                     double scale) {
  make_ready(contender, each, disk, scale);
  return timed_run(contender.argv);
}

// That everybody makes the same tree; a first run of each, which does not count.
void verify(const ExtractCase& each, ScratchDisk& disk, double scale) {
  const std::string archive = fs::path(each.archive).filename();
  const Contender tar{
      "plain tar", {"/usr/bin/tar", "-xf", each.plain, "-C", disk.directory()}, std::nullopt};
  run_on_new_disk(tar, each, disk, scale);
  const Fingerprint wanted = fingerprint_of(disk.directory(), archive);
  for (const Contender& contender : each.contenders) {
    run_on_new_disk(contender, each, disk, scale);
    const Fingerprint made = fingerprint_of(disk.directory(), archive);
    if (made == wanted) continue;
    throw std::runtime_error(cat(each.title, ": ", contender.name, " made ", describe(made),
                                 ", but tar ", describe(wanted)));
  }
}

void print(const ExtractCase& each, const std::vector<std::vector<Cost>>& costs) {
  std::printf("%-22s    wall     min     cpu    peak\n", each.title.c_str());
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const Contender& contender = each.contenders[i];
    const double peak = largest(bench::each(costs[i], &Cost::peak_mib));
    const auto wall = bench::each(costs[i], &Cost::wall_ms);
    std::printf("  %-20s %7.0f %7.0f %7.0f %7.1f", contender.name.c_str(), median(wall),
                smallest(wall), median(bench::each(costs[i], &Cost::cpu_ms)), peak);
    if (i == 0) {
      std::printf("%s\n", verdict(peak, each.peak_mib).c_str());
      continue;
    }
    const double ratio = median_ratio(costs[0], costs[i]);
    std::printf("  %.2fx%s\n", ratio, verdict(ratio, contender.goal).c_str());
  }
  std::fflush(stdout);
}

void measure(const ExtractCase& each, ScratchDisk& disk, const Settings& settings,
             const Record& record) {
  verify(each, disk, settings.scale);
  Around around;
  around.before = [&](const Contender& contender) {
    make_ready(contender, each, disk, settings.scale);
  };
  const auto costs = run_rounds(each.contenders, 0, settings.invocation.rounds, around);
  print(each, costs);
  record.add(summary(each.title, each.contenders, costs, each.peak_mib));
}

void perform(const Settings& settings, const std::string& work,
             const std::string& archive_directory, const std::string& base_uri,
             const Record& record) {
  const Invocation& invocation = settings.invocation;
  make_mounts_private();
  std::printf(
      "Medians of %zu interleaved rounds, in ms, each run on a new file system; cpu is that of "
      "all\n"
      "processes, peak the most MiB that one of them had; behind each peer slipway's time as the\n"
      "median of the pairwise ratios.\n\n",
      invocation.rounds);
  const Archives archives(archive_directory, settings.scale);
  for (const ExtractRow& row : extract_rows()) {
    for (const DiskKind kind : kinds_of(settings)) {
      if (!invocation.wants(title_of(row, kind))) continue;
      ScratchDisk disk(work, kind);
      ExtractCase each = make_case(
          row, archives, {invocation.build, invocation.before, work, disk.directory(), base_uri});
      each.title = title_of(row, kind);
      measure(each, disk, settings, record);
    }
  }
}

std::vector<Program> programs(const Invocation& invocation) {
  return versions_of({{"slipway", {invocation.build + "/bin/slipway", "--version"}},
                      {"tar", {"/usr/bin/tar", "--version"}},
                      {"bsdtar", {"/usr/bin/bsdtar", "--version"}},
                      {"unzip", {"/usr/bin/unzip", "-v"}},
                      {"gzip", {"/usr/bin/gzip", "--version"}},
                      {"pigz", {"/usr/bin/pigz", "--version"}},
                      {"xz", {"/usr/bin/xz", "--version"}},
                      {"zstd", {"/usr/bin/zstd", "--version"}},
                      {"curl", {"/usr/bin/curl", "--version"}},
                      {"nginx", {"/usr/sbin/nginx", "-v"}}});
}

// nginx and the directory of ours outlive the measuring, however that ends.
int perform_all(const Settings& settings) {
  const Record record;
  const auto& rows = extract_rows();
  const bool fetches = std::any_of(rows.begin(), rows.end(), [&](const ExtractRow& row) {
    const auto kinds = kinds_of(settings);
    return row.way == Way::kLaunch && std::ranges::any_of(kinds, [&](DiskKind kind) {
             return settings.invocation.wants(title_of(row, kind));
           });
  });
  const tests::TempDir work;
  const std::string archives = settings.keep.empty() ? work / "archives" : settings.keep;
  fs::create_directories(archives);
  std::optional<tests::Nginx> nginx;
  std::string base_uri;
  if (fetches) {
    nginx.emplace("sendfile on;");
    fs::create_directory_symlink(archives, nginx->docroot() + "/archives");
    base_uri = nginx->http("/archives");
  }
  if (!in_child([&] { perform(settings, work.path(), archives, base_uri, record); })) return 1;
  std::string disk =
      cat("a new ext4 with a journal for each run, in a file on ", file_system_of(work.path()));
  if (settings.tmpfs) disk += ", and tmpfs";
  record.write("extract", settings.invocation, this_machine(disk), programs(settings.invocation));
  return 0;
}

std::optional<Settings> parse(int argc, char** argv) {
  using Affects = BenchOption::Affects;
  Settings settings;
  auto invocation = parse_invocation(
      argc, argv, "extract", 5, "another bench_extract, or for the cold case a slipway-fetcher",
      {scale_option(settings.scale),
       {"tmpfs", nullptr, "on a tmpfs as well", Affects::kResults,
        [&](const std::string&) { return settings.tmpfs = true; }},
       keep_option(settings.keep)});
  if (!invocation) return std::nullopt;
  settings.invocation = *std::move(invocation);
  return settings;
}

}  // namespace

}  // namespace slipway::bench

int main(int argc, char** argv) try {
  const auto settings = slipway::bench::parse(argc, argv);
  return settings ? slipway::bench::perform_all(*settings) : 2;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "extract_bench: %s\n", problem.what());
  return 1;
}
