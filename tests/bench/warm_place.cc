#include "tests/bench/warm_place.h"

#include <cstdio>
#include <filesystem>

#include "tests/bench/statistics.h"

namespace slipway::bench {

bool is_wanted(const std::string& title, const WarmSettings& settings) {
  return settings.invocation.wants(title);
}

void run_case(const WarmPlace& place, const std::string& title,
              const std::vector<Contender>& contenders, std::size_t rounds, const Around& around) {
  constexpr std::size_t kWarmUp = 1;
  const auto costs = run_rounds(contenders, kWarmUp, rounds, around);
  const CaseResult result = summary(title, contenders, costs, std::nullopt);
  std::printf("%s: %.2f ms, cpu %.2f, faults %.0f\n", title.c_str(), result.wall_ms, result.cpu_ms,
              result.faults);
  for (const PeerResult& peer : result.peers) {
    std::printf("  %-30s %10.2f ms: %.4fx (%.4f to %.4f)%s\n", peer.name.c_str(), peer.wall_ms,
                peer.ratio.median, peer.ratio.lowest, peer.ratio.highest,
                verdict(peer.ratio.median, peer.goal).c_str());
  }
  std::fflush(stdout);
  place.record.add(result);
}

void renew(const std::string& directory) {
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
}

}  // namespace slipway::bench
