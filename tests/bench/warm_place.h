// What the cases of warm starts stand on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/contender.h"
#include "tests/bench/invocation.h"
#include "tests/bench/record.h"
#include "tests/bench/rounds.h"
#include "tests/support/nginx.h"

namespace slipway::bench {

struct WarmSettings {
  Invocation invocation;
  double scale = 1;  // the part of the files of /usr
  // Of the trees that show that a launch costs the same whatever there is in them.
  std::vector<std::uint64_t> files{1'000, 10'000, 100'000};
  std::vector<std::uint64_t> sizes{std::uint64_t{1} << 20, std::uint64_t{32} << 20,
                                   std::uint64_t{1} << 30};
  std::string keep;  // where archives are left for the next time, or ""
};

struct WarmPlace {
  const WarmSettings& settings;
  const tests::Nginx& nginx;  // serves `archives` as /archives
  const Record& record;
  std::string work;  // a directory of ours
  std::string archives;
  std::string slipway_settings;  // the file for --settings
};

// Whether a case of that title was asked for.
bool is_wanted(const std::string& title, const WarmSettings& settings);

// Measures, prints and records. Slipway is the first contender.
void run_case(const WarmPlace& place, const std::string& title,
              const std::vector<Contender>& contenders, std::size_t rounds, const Around& around);

// There, and empty.
void renew(const std::string& directory);

// The cases; those that were not asked for do nothing. make_mounts_private() was called. All throw.

// One small file, in memory.
void measure_small_file(const WarmPlace& place);
// Many launches at once that want one large file, which is in no cache yet; in memory, and
// where files can share blocks.
void measure_together(const WarmPlace& place);
// Trees, on a new ext4: one as on a host, then from small to large, by files and by bytes.
void measure_trees(const WarmPlace& place);

}  // namespace slipway::bench
