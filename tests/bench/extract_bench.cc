// How long it takes to unpack archives, against programs that do the same. Every round runs all
// contenders of a case once, each on a new file system; what counts is the median of the ratios
// within the rounds.
// usage: extract_bench [OPTIONS] BUILD-TREE [ROUNDS [PART-OF-A-CASE [OTHER]]], see kUsage
#include <getopt.h>
#include <unistd.h>

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
#include "tests/bench/child.h"
#include "tests/bench/extract_cases.h"
#include "tests/bench/fingerprint.h"
#include "tests/bench/scratch_disk.h"
#include "tests/bench/statistics.h"
#include "tests/bench/timed_run.h"
#include "tests/bench/warm.h"
#include "tests/support/nginx.h"
#include "tests/support/temp_dir.h"

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

constexpr char kUsage[] =
    "usage: extract_bench [OPTIONS] BUILD-TREE [ROUNDS [PART-OF-A-CASE [OTHER]]]\n"
    "  --scale=PART  only this part of the files (0.1: a tenth of them)\n"
    "  --tmpfs       on a tmpfs as well\n"
    "  --keep=DIR    archives that are in DIR are used, and new ones left there\n"
    "OTHER is another bench_extract, or another slipway-fetcher for the cold case.\n";

struct Settings {
  std::string build;
  std::size_t rounds = 5;
  std::string wanted;  // only cases with this in their title
  std::string before;
  double scale = 1;
  bool tmpfs = false;
  std::string keep;
};

bool is_wanted(const ExtractRow& row, const Settings& settings) {
  return std::string(row.title).find(settings.wanted) != std::string::npos;
}

// Everything that is not to be measured is done before.
Cost run_on_new_disk(const Contender& contender, const ExtractCase& each, ScratchDisk& disk,
                     double scale) {
  constexpr double kTouched = 2.0 * (1 << 30);
  disk.renew();
  touch_memory(static_cast<std::size_t>(kTouched * std::min(scale, 1.0)));
  read_through(contender.name == "floor" ? each.plain : each.archive);
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

void measure(const ExtractCase& each, ScratchDisk& disk, const Settings& settings) {
  verify(each, disk, settings.scale);
  const std::size_t count = each.contenders.size();
  std::vector<std::vector<Cost>> costs(count);
  for (std::size_t round = 0; round < settings.rounds; ++round) {
    // Another one is the first in every round, and nobody always follows the same one's writing.
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t turn = (round + i) % count;
      costs[turn].push_back(run_on_new_disk(each.contenders[turn], each, disk, settings.scale));
    }
  }
  print(each, costs);
}

void perform(const Settings& settings, const std::string& work,
             const std::string& archive_directory, const std::string& base_uri) {
  make_mounts_private();
  std::printf(
      "Medians of %zu interleaved rounds, in ms, each run on a new file system; cpu is that of "
      "all\n"
      "processes, peak the most MiB that one of them had; behind each peer slipway's time as the\n"
      "median of the pairwise ratios.\n\n",
      settings.rounds);
  const Archives archives(archive_directory, settings.scale);
  std::vector<DiskKind> kinds{DiskKind::kExt4};
  if (settings.tmpfs) kinds.push_back(DiskKind::kTmpfs);
  for (const ExtractRow& row : extract_rows()) {
    if (!is_wanted(row, settings)) continue;
    for (const DiskKind kind : kinds) {
      ScratchDisk disk(work, kind);
      ExtractCase each = make_case(
          row, archives, {settings.build, settings.before, work, disk.directory(), base_uri});
      if (kind == DiskKind::kTmpfs) each.title += ", tmpfs";
      measure(each, disk, settings);
    }
  }
}

// nginx and the directory of ours outlive the measuring, however that ends.
int perform_all(const Settings& settings) {
  const auto& rows = extract_rows();
  const bool fetches = std::any_of(rows.begin(), rows.end(), [&](const ExtractRow& row) {
    return row.way == Way::kLaunch && is_wanted(row, settings);
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
  return in_child([&] { perform(settings, work.path(), archives, base_uri); }) ? 0 : 1;
}

// Nothing where the words make no sense.
std::optional<Settings> parse(int argc, char** argv) {
  const option options[] = {{"scale", required_argument, nullptr, 's'},
                            {"tmpfs", no_argument, nullptr, 't'},
                            {"keep", required_argument, nullptr, 'k'},
                            {}};
  Settings settings;
  for (int found = 0; (found = ::getopt_long(argc, argv, "", options, nullptr)) != -1;) {
    if (found == '?') return std::nullopt;
    if (found == 's') settings.scale = std::strtod(optarg, nullptr);
    if (found == 't') settings.tmpfs = true;
    if (found == 'k') settings.keep = fs::absolute(optarg);
  }
  const std::vector<std::string> words(argv + optind, argv + argc);
  if (words.empty()) return std::nullopt;
  settings.build = fs::absolute(words[0]);
  if (words.size() > 1) settings.rounds = std::strtoul(words[1].c_str(), nullptr, 10);
  if (words.size() > 2) settings.wanted = words[2];
  if (words.size() > 3 && !words[3].empty()) settings.before = fs::absolute(words[3]);
  if (settings.rounds == 0 || settings.scale <= 0) return std::nullopt;
  return settings;
}

}  // namespace

}  // namespace slipway::bench

int main(int argc, char** argv) try {
  const auto settings = slipway::bench::parse(argc, argv);
  if (!settings) {
    std::fputs(slipway::bench::kUsage, stderr);
    return 2;
  }
  return slipway::bench::perform_all(*settings);
} catch (const std::exception& problem) {
  std::fprintf(stderr, "extract_bench: %s\n", problem.what());
  return 1;
}
