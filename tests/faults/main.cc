// fault_runs: whole launches in which one thing goes wrong; see CONTRIBUTING.md, "Faults". Needs
// root and mount namespaces.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <set>
#include <vector>

#include "sandbox/base/fd.h"
#include "sandbox/base/text.h"
#include "tests/faults/choice.h"
#include "tests/faults/fault_runs.h"
#include "tests/faults/tally.h"
#include "tests/support/nginx.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;

// Two launches that wait for the disk and the kernel keep a processor busy.
constexpr int kProcesses = 2;
constexpr std::string_view kSmallWorlds = "small-worlds";

void demand(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::exit(1);
}

// A /tmp of our own, in memory: what is left there is seen, whatever else this machine does. The
// build tree may lie below it.
void isolate() {
  const std::string build = SLIPWAY_BUILD_DIR;
  demand(::unshare(CLONE_NEWNS) == 0, "unshare");
  demand(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "mount");
  const Fd opened(::open(build.c_str(), O_PATH | O_CLOEXEC));
  demand(::mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") == 0, "mount /tmp");
  if (!build.starts_with("/tmp/")) return;
  fs::create_directories(build);
  demand(::mount(cat("/proc/self/fd/", opened.get()).c_str(), build.c_str(), nullptr, MS_BIND,
                 nullptr) == 0,
         "mount the build tree");
}

std::set<fs::path> names_in_tmp() {
  return {fs::directory_iterator("/tmp"), fs::directory_iterator()};
}

void register_scenarios(const Origins& origins) {
  for (const Scenario& each : scenarios()) {
    if (!the_choice().takes_scenario(each.name)) continue;
    ::testing::RegisterTest("Faults", each.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [&each, origins] { return new FaultRuns(each, origins); });
  }
}

// The small worlds are few, and one process has them all.
std::string filter_of(const Choice& choice) {
  const bool small =
      choice.part == 0 && (choice.scenario.empty() || choice.scenario == kSmallWorlds);
  return small ? "*" : "Faults.*";
}

pid_t run_part(int part) {
  const pid_t pid = ::fork();
  demand(pid >= 0, "fork");
  if (pid != 0) return pid;
  the_choice().part = part;
  GTEST_FLAG_SET(filter, filter_of(the_choice()));
  const int status = RUN_ALL_TESTS();
  std::fflush(nullptr);
  std::cout.flush();
  ::_exit(status);
}

bool run_parts() {
  const bool few = the_choice().fault || the_choice().scenario == kSmallWorlds;
  the_choice().parts = few ? 1 : kProcesses;
  std::vector<pid_t> parts;
  for (int part = 0; part < the_choice().parts; ++part) parts.push_back(run_part(part));
  bool good = true;
  for (const pid_t each : parts) {
    int status = 0;
    demand(::waitpid(each, &status, 0) == each, "waitpid");
    good = good && status == 0;
  }
  return good;
}

// What was to be tried and was not.
bool all_were_hit() {
  bool good = true;
  for (const auto& name : the_tallies().missed()) {
    if (!the_choice().takes_scenario(name)) continue;
    std::printf("faults: too few faults hit %s\n", name.c_str());
    good = false;
  }
  return good;
}

bool is_known(const std::string& scenario) {
  const auto names = scenario_names();
  return scenario.empty() || scenario == kSmallWorlds ||
         std::ranges::find(names, scenario) != names.end();
}

int run() {
  if (!is_known(the_choice().scenario)) {
    std::printf("faults: no scenario '%s'; there are\n", the_choice().scenario.c_str());
    for (const auto& name : scenario_names()) std::printf("  %s\n", name.c_str());
    std::printf("  %s\n", std::string(kSmallWorlds).c_str());
    return 2;
  }
  isolate();
  const Nginx nginx;
  make_origins(nginx.docroot());
  register_scenarios({nginx.docroot(), nginx.http("")});
  the_tallies();
  std::printf("faults: %s\n", text_of(the_choice()).c_str());
  std::fflush(stdout);
  const auto before = names_in_tmp();
  bool good = run_parts();
  if (names_in_tmp() != before) {
    std::printf("faults: something was left in /tmp\n");
    good = false;
  }
  std::printf("%s", the_tallies().table().c_str());
  good = all_were_hit() && good;
  std::printf("faults: %s\n", good ? "every promise held" : "FAILED");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace slipway::tests

int main(int argc, char** argv) {
  GTEST_FLAG_SET(brief, true);
  ::testing::InitGoogleTest(&argc, argv);
  slipway::tests::the_choice() = slipway::tests::parse_choice(argc, argv);
  return slipway::tests::run();
}
