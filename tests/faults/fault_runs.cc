#include "tests/faults/fault_runs.h"

#include <gmock/gmock.h>
#include <sys/mount.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "sandbox/base/text.h"
#include "tests/faults/choice.h"
#include "tests/faults/tally.h"

namespace slipway::tests {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using ::testing::AnyOf;
using ::testing::IsSubsetOf;

constexpr auto kDeadline = 25s;  // of one run: the kernel's and the server's, and a busy machine
constexpr int kKilled = 128 + 9;

int failures_so_far() {
  return ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
}

std::vector<std::string> lines_with(const std::string& text, std::string_view start) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(start)) found.push_back(line);
  }
  return found;
}

std::vector<std::string> sorted_lines(const std::string& text) {
  auto lines = lines_with(text, "");
  std::ranges::sort(lines);
  return lines;
}

// glibc's words are not ours to choose.
bool is_of_loader(std::string_view line) {
  return line.find(": error while loading shared libraries: ") != std::string_view::npos;
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

std::vector<std::string> FaultRuns::run_words() const {
  std::vector<std::string> words{"run", entry_, "--sandbox", sandbox(), "--retries=1"};
  if (scenario_.cache == CacheUse::kNone) {
    words.emplace_back("--no-cache");
  } else {
    words.insert(words.end(), {"--cache-dir", cache(scenario_.as)});
  }
  words.insert(words.end(), scenario_.words.begin(), scenario_.words.end());
  return words;
}

void FaultRuns::begin_anew() {
  fs::remove_all(sandbox());
  make_sandbox(scenario_.as);
  if (scenario_.cache == CacheUse::kCold) fs::remove_all(cache(scenario_.as) + "/v1");
}

FaultRuns::Injected FaultRuns::inject(const std::string& fault) {
  const std::string report = dir_ / "report";
  fs::remove(report);
  std::vector<std::string> words{dir_ / "inject", report,
                                 scenario_.as == As::kOrdinaryUser ? cat(kNobody) : "", probe_,
                                 fault};
  const auto launch = command(run_words(), scenario_.as);
  words.insert(words.end(), launch.begin(), launch.end());
  RunOptions options;
  options.env = std::vector<std::string>{"PATH=/usr/local/bin:/usr/bin:/bin"};
  options.cwd = "/";
  options.timeout = kDeadline;
  RunResult result = run_program(words, options);
  return {std::move(result), exists(report) ? read_file(report) : std::string()};
}

RunResult FaultRuns::run_again() {
  return slipway(run_words(), scenario_.as);
}

std::vector<Fault> FaultRuns::possible_faults() {
  if (the_choice().fault) return {*the_choice().fault};
  begin_anew();
  const auto traced = inject("trace");
  EXPECT_EQ(traced.result.out, expected_.out) << traced.result.err;
  const auto calls = parse_calls(traced.report);
  auto faults = missing_calls_in(calls);
  const auto others = faults_in(calls);
  faults.insert(faults.end(), others.begin(), others.end());
  return faults;
}

void FaultRuns::TestBody() {
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
  const auto [result, report] = inject(text_of(fault));
  ++tally.injected;
  if (!lines_with(report, "hit ").empty()) ++tally.hit;
  if (result.exit_code == 0) ++tally.survived;
  EXPECT_THAT(lines_with(report, "left "), ::testing::IsEmpty());
  EXPECT_EQ(read_file("/proc/self/mountinfo"), mounts);
  expect_result(fault, result);
  expect_whole_files();
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

void FaultRuns::expect_result(const Fault& fault, const RunResult& result) {
  const std::string told = cat("it said: ", result.err);
  if (result.exit_code == 0) {
    EXPECT_EQ(result.out, expected_.out) << told;
  } else if (is_supervised()) {
    EXPECT_THAT(expected_.out, ::testing::StartsWith(result.out)) << told;
  } else {
    EXPECT_EQ(result.out, "") << told;
  }
  if (fault.kills()) {
    EXPECT_THAT(result.exit_code, AnyOf(0, 125, kKilled)) << told;
  } else if (fault.error == EINTR) {
    EXPECT_EQ(result.exit_code, 0) << "interrupted, nothing else. " << told;
    EXPECT_EQ(sorted_lines(result.err), told_) << "interrupted, nothing else";
  } else if (result.exit_code == 126 || result.exit_code == 127) {
    EXPECT_THAT(result.err, ::testing::HasSubstr("E-EXEC")) << "these say that it is the program";
  } else {
    EXPECT_THAT(result.exit_code, AnyOf(0, 125)) << told;
  }
  if (result.exit_code != 0 && result.exit_code != kKilled) expect_words(fault, result.err);
}

void FaultRuns::expect_words(const Fault& fault, const std::string& err) {
  // What cannot be written cannot be read.
  if (!fault.call.starts_with("write")) {
    EXPECT_NE(err, "");
  }
  std::istringstream lines(err);
  for (std::string line; std::getline(lines, line);) {
    const bool ours = line.starts_with("slipway: ") || line.starts_with("slipway-fetcher: ");
    EXPECT_TRUE(ours || is_of_loader(line)) << line;
  }
}

void FaultRuns::expect_whole_files() {
  for (const auto& name : placed()) {
    if (name.ends_with('/')) continue;
    const auto found = expected_.files.find(name);
    if (found == expected_.files.end()) {
      ADD_FAILURE() << name << " has no business in the sandbox";
    } else {
      EXPECT_TRUE(read_file(cat(sandbox(), '/', name)) == found->second) << name << " is not whole";
    }
  }
}

void FaultRuns::expect_good_afterwards() {
  const auto again = run_again();
  EXPECT_EQ(again.exit_code, 0) << "the next launch. It said: " << again.err;
  EXPECT_EQ(again.out, expected_.out) << "the next launch. It said: " << again.err;
  expect_whole_files();
  EXPECT_THAT(own_names(), IsSubsetOf(kept_names_));
  if (scenario_.cache == CacheUse::kNone) return;
  const auto verified =
      slipway({"cache", "verify", "--cache-dir", cache(scenario_.as)},
              scenario_.as == As::kRootForUser ? As::kOrdinaryUser : scenario_.as);
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  EXPECT_THAT(cached_names(), IsSubsetOf(cached_names_));
}

// Where slipway is still there when the executor is.
bool FaultRuns::is_supervised() const {
  return std::ranges::find(scenario_.words, "--supervise") != scenario_.words.end();
}

std::set<std::string> FaultRuns::own_names() const {
  std::set<std::string> names;
  std::error_code none;
  for (const auto& each : fs::directory_iterator(sandbox() + "/.slipway", none)) {
    names.insert(each.path().filename());
  }
  return names;
}

// What is being unpacked may be somebody's for a minute, even without a lock.
std::set<std::string> FaultRuns::cached_names() const {
  std::set<std::string> names;
  std::error_code none;
  for (const char* each : {"locks", "objects", "partial", "trees", "uris"}) {
    const std::string directory = cat(cache(scenario_.as), "/v1/", each);
    for (const auto& name : fs::directory_iterator(directory, none)) names.insert(name.path());
  }
  return names;
}

}  // namespace slipway::tests
