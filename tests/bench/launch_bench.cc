// How long whole launches take, against programs that do the same. Every round runs all contenders
// of a case once, one after the other, so that what disturbs the machine disturbs all of them; what
// counts is the median of the ratios within the rounds.
#include <grp.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/bench/child.h"
#include "tests/bench/invocation.h"
#include "tests/bench/launch_cases.h"
#include "tests/bench/machine.h"
#include "tests/bench/record.h"
#include "tests/bench/rounds.h"
#include "tests/bench/statistics.h"
#include "tests/bench/timed_run.h"

namespace slipway::bench {

namespace {

using tests::kNobody;

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

// `costs` has slipway's first.
void print(const Case& each, const std::vector<std::vector<Cost>>& costs) {
  const auto& ours = costs.front();
  const auto wall = bench::each(ours, &Cost::wall_ms);
  std::printf("  %-25s %6.2f %6.2f %6.2f %6.0f ", each.name.c_str(), median(wall), smallest(wall),
              median(bench::each(ours, &Cost::cpu_ms)), median(bench::each(ours, &Cost::faults)));
  for (std::size_t i = 0; i < each.peers.size(); ++i) {
    const auto& theirs = costs[i + 1];
    const double ratio = median_ratio(ours, theirs);
    std::printf(" | %s %.2f: %.2fx%s", each.peers[i].name.c_str(),
                median(bench::each(theirs, &Cost::wall_ms)), ratio,
                verdict(ratio, each.peers[i].goal).c_str());
    if (each.peers[i].name == "before") {
      std::printf(
          " (min %.2f, cpu %.2f, faults %.0f)", smallest(bench::each(theirs, &Cost::wall_ms)),
          median(bench::each(theirs, &Cost::cpu_ms)), median(bench::each(theirs, &Cost::faults)));
    }
  }
  std::printf("\n");
  std::fflush(stdout);
}

std::vector<Contender> contenders_of(const Case& each) {
  std::vector<Contender> all{{"slipway", each.slipway, std::nullopt}};
  all.insert(all.end(), each.peers.begin(), each.peers.end());
  return all;
}

void measure(const Case& each, As as, std::size_t rounds, const Record& record) {
  constexpr std::size_t kWarmUp = 3;
  verify(each);
  const auto contenders = contenders_of(each);
  const auto costs = run_rounds(contenders, kWarmUp, rounds);
  print(each, costs);
  record.add(summary(cat(title(as), ": ", each.name), contenders, costs, std::nullopt));
}

void perform(const Stage& stage, As as, const Invocation& invocation, const Record& record) {
  const auto cases = stage.cases(as);  // before: an ordinary user may not write there
  if (as == As::kOrdinaryUser && ::geteuid() == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
        ::setresuid(kNobody, kNobody, kNobody) != 0) {
      throw std::runtime_error("cannot become an ordinary user");
    }
  }
  bool titled = false;
  for (const Case& each : cases) {
    if (!invocation.wants(cat(title(as), ": ", each.name))) continue;
    if (!std::exchange(titled, true)) std::printf("%s\n", title(as));
    measure(each, as, invocation.rounds, record);
  }
}

std::vector<Program> programs(const Invocation& invocation) {
  const std::string stand_in = invocation.build + "/bench/bench_stand_in";
  return versions_of({{"slipway", {invocation.build + "/bin/slipway", "--version"}},
                      {"bwrap", {"/usr/bin/bwrap", "--version"}},
                      {"unshare", {"/usr/bin/unshare", "--version"}},
                      {"true", {"/bin/true", "--version"}},
                      {"libcurl", {stand_in, "--version"}},
                      {"libarchive", {stand_in, "--version"}, 1}});
}

int perform_all(const Invocation& invocation) {
  const Record record;
  const Stage stage(invocation.build, invocation.before);
  std::printf(
      "Medians of %zu interleaved rounds, in ms; behind each peer its time, and slipway's as the\n"
      "median of the pairwise ratios.\n\n"
      "                             wall    min    cpu faults\n",
      invocation.rounds);
  std::vector<As> all{As::kOrdinaryUser};
  if (::geteuid() == 0) all = {As::kRoot, As::kRootForUser, As::kOrdinaryUser};
  for (const As as : all) {
    // In a child, which can become who it is to be for good.
    if (!in_child([&] { perform(stage, as, invocation, record); })) return 1;
  }
  record.write("launch", invocation, this_machine(stage.file_system()), programs(invocation));
  return 0;
}

}  // namespace

}  // namespace slipway::bench

int main(int argc, char** argv) try {
  const auto invocation =
      slipway::bench::parse_invocation(argc, argv, "launch", 100, "another slipway");
  return invocation ? slipway::bench::perform_all(*invocation) : 2;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "launch_bench: %s\n", problem.what());
  return 1;
}
