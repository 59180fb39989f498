// How long whole launches take, against programs that do the same. Every round runs all contenders
// of a case once, one after the other, so that what disturbs the machine disturbs all of them; what
// counts is the median of the ratios within the rounds.
// usage: launch_bench BUILD-TREE [ROUNDS [PART-OF-A-CASE [OTHER-SLIPWAY]]]
#include <grp.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/bench/child.h"
#include "tests/bench/launch_cases.h"
#include "tests/bench/statistics.h"
#include "tests/bench/timed_run.h"

namespace slipway::bench {

namespace {

struct Settings {
  std::string build;
  std::size_t rounds = 100;
  std::string wanted;  // only cases with this in "USER: CASE"
  std::string before;
};

// Once with the probe for /bin/true: everybody really does what is measured. (`true` and unshare
// mount nothing; they are there for comparison.)
void verify(const Case& each) {
  auto ours = each.slipway;
  ours.emplace_back("--");
  ours.insert(ours.end(), each.probe.begin(), each.probe.end());
  timed_run(ours);
  for (const Contender& peer : each.peers) {
    if (peer.name != "bwrap" && peer.name != "floor" && peer.name != "stand-in") continue;
    if (each.name.ends_with("missing")) continue;  // these mount elsewhere
    auto theirs = peer.argv;
    theirs.pop_back();
    theirs.insert(theirs.end(), each.probe.begin(), each.probe.end());
    timed_run(theirs);
  }
}

void print(const Case& each, const std::vector<Cost>& ours,
           const std::vector<std::vector<Cost>>& peers) {
  const auto wall = bench::each(ours, &Cost::wall_ms);
  std::printf("  %-25s %6.2f %6.2f %6.2f %6.0f ", each.name.c_str(), median(wall), smallest(wall),
              median(bench::each(ours, &Cost::cpu_ms)), median(bench::each(ours, &Cost::faults)));
  for (std::size_t i = 0; i < peers.size(); ++i) {
    const double ratio = median_ratio(ours, peers[i]);
    std::printf(" | %s %.2f: %.2fx%s", each.peers[i].name.c_str(),
                median(bench::each(peers[i], &Cost::wall_ms)), ratio,
                verdict(ratio, each.peers[i].goal).c_str());
    if (each.peers[i].name == "before") {
      std::printf(" (min %.2f, cpu %.2f, faults %.0f)",
                  smallest(bench::each(peers[i], &Cost::wall_ms)),
                  median(bench::each(peers[i], &Cost::cpu_ms)),
                  median(bench::each(peers[i], &Cost::faults)));
    }
  }
  std::printf("\n");
  std::fflush(stdout);
}

void measure(const Case& each, std::size_t rounds) {
  verify(each);
  constexpr std::size_t kWarmUp = 3;
  std::vector<Cost> ours;
  std::vector<std::vector<Cost>> peers(each.peers.size());
  for (std::size_t round = 0; round < kWarmUp + rounds; ++round) {
    const bool counts = round >= kWarmUp;
    const Cost cost = timed_run(each.slipway);
    if (counts) ours.push_back(cost);
    for (std::size_t i = 0; i < peers.size(); ++i) {
      const Cost peer = timed_run(each.peers[i].argv);
      if (counts) peers[i].push_back(peer);
    }
  }
  print(each, ours, peers);
}

const char* title(As as) {
  switch (as) {
    case As::kRoot:
      return "root";
    case As::kRootForUser:
      return "root with -u nobody";
    case As::kOrdinaryUser:
      return "an ordinary user";
  }
  return "";
}

void perform(const Stage& stage, As as, const Settings& settings) {
  const auto cases = stage.cases(as);  // before: an ordinary user may not write there
  if (as == As::kOrdinaryUser && ::geteuid() == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
        ::setresuid(kNobody, kNobody, kNobody) != 0) {
      throw std::runtime_error("cannot become an ordinary user");
    }
  }
  bool titled = false;
  for (const Case& each : cases) {
    if (cat(title(as), ": ", each.name).find(settings.wanted) == std::string::npos) continue;
    if (!std::exchange(titled, true)) std::printf("%s\n", title(as));
    measure(each, settings.rounds);
  }
}

int perform_all(const Settings& settings) {
  const Stage stage(settings.build, settings.before);
  std::printf(
      "Medians of %zu interleaved rounds, in ms; behind each peer its time, and slipway's as the\n"
      "median of the pairwise ratios.\n\n"
      "                             wall    min    cpu faults\n",
      settings.rounds);
  std::vector<As> all{As::kOrdinaryUser};
  if (::geteuid() == 0) all = {As::kRoot, As::kRootForUser, As::kOrdinaryUser};
  for (const As as : all) {
    // In a child, which can become who it is to be for good.
    if (!in_child([&] { perform(stage, as, settings); })) return 1;
  }
  return 0;
}

}  // namespace

}  // namespace slipway::bench

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  slipway::bench::Settings settings;
  if (!words.empty()) settings.build = words[0];
  if (words.size() > 1) settings.rounds = std::strtoul(words[1].c_str(), nullptr, 10);
  if (words.size() > 2) settings.wanted = words[2];
  if (words.size() > 3) settings.before = words[3];
  if (words.empty() || settings.rounds == 0) {
    std::fprintf(stderr,
                 "usage: launch_bench BUILD-TREE [ROUNDS [PART-OF-A-CASE [OTHER-SLIPWAY]]]\n");
    return 2;
  }
  return slipway::bench::perform_all(settings);
} catch (const std::exception& problem) {
  std::fprintf(stderr, "launch_bench: %s\n", problem.what());
  return 1;
}
