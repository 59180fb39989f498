// How long a launch takes whose URIs are in the cache already, against programs that put the same
// into a sandbox. Every round runs all contenders of a case once, one after the other; what counts
// is the median of the ratios within the rounds.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/bench/child.h"
#include "tests/bench/invocation.h"
#include "tests/bench/machine.h"
#include "tests/bench/record.h"
#include "tests/bench/scratch_disk.h"
#include "tests/bench/warm_cases.h"
#include "tests/bench/warm_place.h"
#include "tests/support/nginx.h"
#include "tests/support/temp_dir.h"

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

void perform(const WarmPlace& place) {
  make_mounts_private();
  std::printf(
      "Medians of interleaved rounds (%zu, more of the small file); behind each peer\n"
      "slipway's part of its time.\n",
      place.settings.invocation.rounds);
  measure_small_file(place);
  measure_together(place);
  measure_trees(place);
}

std::vector<Program> programs(const Invocation& invocation) {
  const std::string stand_in = invocation.build + "/bench/bench_stand_in";
  return versions_of({{"slipway", {invocation.build + "/bin/slipway", "--version"}},
                      {"cp", {"/usr/bin/cp", "--version"}},
                      {"curl", {"/usr/bin/curl", "--version"}},
                      {"libcurl", {stand_in, "--version"}},
                      {"libarchive", {stand_in, "--version"}, 1},
                      {"nginx", {"/usr/sbin/nginx", "-v"}}});
}

// nginx and the directory of ours outlive the measuring, however that ends.
int perform_all(const WarmSettings& settings) {
  const Record record;
  const tests::TempDir work;
  const std::string archives = settings.keep.empty() ? work / "archives" : settings.keep;
  fs::create_directories(archives);
  const tests::Nginx nginx("sendfile on;");
  fs::create_directory_symlink(archives, nginx.docroot() + "/archives");
  // The trees are not to be evicted while they are measured.
  const std::string slipway_settings =
      work.write("settings.toml", "[cache]\nmax_size = \"1TiB\"\nfree_space_reserve = \"1MiB\"\n");
  const WarmPlace place{settings, nginx, record, work.path(), archives, slipway_settings};
  if (!in_child([&] { perform(place); })) return 1;
  record.write(
      "warm", settings.invocation,
      this_machine(cat(
          "tmpfs, xfs where a case says so, and for trees a new ext4 with a journal, in files on ",
          file_system_of(work.path()))),
      programs(settings.invocation));
  return 0;
}

std::optional<WarmSettings> parse(int argc, char** argv) {
  using Affects = BenchOption::Affects;
  WarmSettings settings;
  auto invocation = parse_invocation(
      argc, argv, "warm", 5, "another slipway's prefix, or build tree",
      {scale_option(settings.scale),
       {"files", "N,N…", "trees of so many files; default 1000,10000,100000", Affects::kResults,
        [&](const std::string& value) {
          settings.files = parse_list(value);
          return !settings.files.empty();
        }},
       {"sizes", "SIZE,…", "trees of so many bytes; default 1MiB,32MiB,1GiB", Affects::kResults,
        [&](const std::string& value) {
          settings.sizes = parse_list(value);
          return !settings.sizes.empty();
        }},
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
  std::fprintf(stderr, "warm_bench: %s\n", problem.what());
  return 1;
}
