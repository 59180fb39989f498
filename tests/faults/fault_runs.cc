#include "tests/faults/fault_runs.h"

#include <gmock/gmock.h>
#include <sys/mount.h>

#include <filesystem>

#include "sandbox/base/text.h"
#include "tests/faults/choice.h"
#include "tests/faults/lines.h"
#include "tests/faults/tally.h"

namespace slipway::tests {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

constexpr auto kDeadline = 25s;  // of one run: the kernel's and the server's, and a busy machine
int failures_so_far() {
  return ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
}

RunOptions usual_options() {
  RunOptions options;
  options.env = std::vector<std::string>{"PATH=/usr/local/bin:/usr/bin:/bin"};
  options.cwd = "/";
  return options;
}

}  // namespace

FaultRuns::FaultRuns(const Scenario& scenario, const Origins& origins) : scenario_(scenario) {
  // A host that shares its mounts, as systemd sets it up: what leaks is seen.
  EXPECT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr), 0);
  dir_.write("volume/file", "of a volume");
  volume_ = dir_ / "volume";
  expected_ = expected_of(scenario, origins, probe_, volume_);
  entry_ = dir_.write("entry.json", expected_.entry);
  fs::copy_file(fs::path(SLIPWAY_BUILD_DIR) / "tests/inject", dir_ / "inject");
}

FaultRuns::~FaultRuns() {
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
}

std::vector<std::string> FaultRuns::launch_words() const {
  std::vector<std::string> words{"run", entry_, "--sandbox", sandbox(), "--retries=1"};
  if (scenario_.cache == CacheUse::kNone) {
    words.emplace_back("--no-cache");
  } else {
    words.insert(words.end(), {"--cache-dir", cache(scenario_.as)});
  }
  words.insert(words.end(), scenario_.words.begin(), scenario_.words.end());
  return words;
}

std::vector<std::string> FaultRuns::whole_command() {
  if (scenario_.way == Way::kLaunch) return command(launch_words(), scenario_.as);
  std::vector<std::string> words{program_, "shell", sandbox(), "-q", "--", probe_};
  words.insert(words.end(), expected_.words.begin() + 1, expected_.words.end());
  return words;
}

void FaultRuns::begin_anew() {
  fs::remove_all(sandbox());
  make_sandbox(scenario_.as);
  if (scenario_.cache == CacheUse::kCold) fs::remove_all(cache(scenario_.as) + "/v1");
  if (scenario_.way == Way::kLaunch) return;
  const auto launched = slipway(launch_words(), scenario_.as);
  EXPECT_EQ(launched.out, expected_.out) << "the launch before. It said: " << launched.err;
}

FaultRuns::Injected FaultRuns::inject(const std::string& fault) {
  const std::string report = dir_ / "report";
  fs::remove(report);
  std::vector<std::string> words{dir_ / "inject", report,
                                 scenario_.as == As::kOrdinaryUser ? cat(kNobody) : "", probe_,
                                 fault};
  const auto launch = whole_command();
  words.insert(words.end(), launch.begin(), launch.end());
  RunOptions options = usual_options();
  options.timeout = kDeadline;
  RunResult result = run_program(words, options);
  return {std::move(result), exists(report) ? read_file(report) : std::string()};
}

RunResult FaultRuns::run_again() {
  RunOptions options = usual_options();
  if (scenario_.as == As::kOrdinaryUser) options.user = RunOptions::Ids{kNobody, kNobody};
  return run_program(whole_command(), options);
}

std::vector<Fault> FaultRuns::possible_faults() {
  if (the_choice().fault) return {*the_choice().fault};
  begin_anew();
  const auto traced = inject("trace");
  EXPECT_EQ(traced.result.out, expected_.out) << traced.result.err;
  const auto calls = parse_calls(traced.report);
  EXPECT_THAT(unknown_in(calls), ::testing::IsEmpty()) << "of these fault_table.cc says nothing";
  auto faults = missing_calls_in(calls);
  const auto others = faults_in(calls);
  faults.insert(faults.end(), others.begin(), others.end());
  return faults;
}

void FaultRuns::learn_identity() {
  make_sandbox(scenario_.as);
  const auto launched = slipway(launch_words(), scenario_.as);
  ASSERT_THAT(launched.out, ::testing::EndsWith(expected_.out)) << launched.err;
  const std::string own = launched.out.substr(0, launched.out.size() - expected_.out.size());
  EXPECT_EQ(value(own, "fds"), "0 1 2");
  for (const char* set : {"SigBlk", "SigIgn", "SigCgt"}) {
    EXPECT_EQ(value(own, set), std::string(16, '0')) << set;
  }
  EXPECT_EQ(value(own, "cwd"), sandbox());
  if (scenario_.as != As::kRoot) {
    const std::string four = cat(kNobody, ' ', kNobody, ' ', kNobody, ' ', kNobody);
    EXPECT_EQ(value(own, "Uid"), four);
    EXPECT_EQ(value(own, "Gid"), four);
    EXPECT_EQ(value(own, "CapEff"), std::string(16, '0'));
    EXPECT_EQ(value(own, "CapPrm"), std::string(16, '0'));
  }
  if (scenario_.as != As::kRoot && scenario_.volumes != Volumes::kNone) {
    EXPECT_EQ(value(own, "NoNewPrivs"), "1");
  }
  expected_.out = launched.out;
}

void FaultRuns::TestBody() {
  ASSERT_NO_FATAL_FAILURE(learn_identity());
  begin_anew();
  for (int i = 0; i < 2; ++i) {
    const auto result = run_again();
    ASSERT_EQ(result.out, expected_.out) << result.err;
  }
  kept_names_ = own_names();
  cached_names_ = cached_names();
  begin_anew();
  told_ = sorted_lines(run_again().err);
  const auto faults = possible_faults();
  the_tallies().of(scenario_.name).possible = static_cast<int>(faults.size());
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (the_choice().fault || the_choice().takes(i)) try_fault(faults[i]);
  }
}

void FaultRuns::try_fault(const Fault& fault) {
  SCOPED_TRACE(cat("again: ./dev faults ", scenario_.name, " '", text_of(fault), "'"));
  Tally& tally = the_tallies().of(scenario_.name);
  const int failures = failures_so_far();
  begin_anew();
  const std::string mounts = read_file("/proc/self/mountinfo");
  const Injected injected = inject(text_of(fault));
  const RunResult& result = injected.result;
  ++tally.injected;
  if (!lines_with(injected.report, "hit ").empty()) ++tally.hit;
  if (result.exit_code == 0) ++tally.survived;
  EXPECT_THAT(lines_with(injected.report, "left "), ::testing::IsEmpty());
  EXPECT_EQ(read_file("/proc/self/mountinfo"), mounts);
  expect_result(fault, injected);
  expect_whole_files();
  expect_nothing_left(fault, result);
  expect_good_afterwards();
  EXPECT_FALSE(exists("/slipway-test"));
  if (failures_so_far() == failures) return;
  ++tally.failed;
  if (the_choice().fault) return;
  // What one has spoilt shall not be held against the next.
  fs::remove_all(cache(scenario_.as) + "/v1");
  begin_anew();
  run_again();
}

}  // namespace slipway::tests
