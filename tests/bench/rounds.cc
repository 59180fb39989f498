#include "tests/bench/rounds.h"

namespace slipway::bench {

std::vector<std::vector<Cost>> run_rounds(const std::vector<Contender>& contenders,
                                          std::size_t warm_up, std::size_t rounds,
                                          const Around& around) {
  const std::size_t count = contenders.size();
  std::vector<std::vector<Cost>> costs(count);
  for (std::size_t round = 0; round < warm_up + rounds; ++round) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t turn = (round + i) % count;
      around.before(contenders[turn]);
      const Cost cost = timed_run(contenders[turn].argv);
      around.after(contenders[turn]);
      if (round >= warm_up) costs[turn].push_back(cost);
    }
  }
  return costs;
}

}  // namespace slipway::bench
