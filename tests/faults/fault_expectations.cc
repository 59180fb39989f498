// What must hold after a launch in which something went wrong.
#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <sstream>

#include "sandbox/base/text.h"
#include "tests/faults/fault_runs.h"
#include "tests/faults/lines.h"

namespace slipway::tests {

namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::IsSubsetOf;

constexpr int kKilled = 128 + 9;

// glibc's words are not ours to choose.
bool is_of_loader(std::string_view line) {
  return line.find(": error while loading shared libraries: ") != std::string_view::npos;
}

}  // namespace

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

// What is being unpacked may be somebody's for a minute, even without a lock; and what there is of
// a file is kept until somebody fetches it, which with a good entry beside it nobody does.
std::set<std::string> FaultRuns::cached_names() const {
  std::set<std::string> names;
  std::error_code none;
  for (const std::string_view each : {"locks", "objects", "partial", "trees", "uris"}) {
    if (each == "partial" && scenario_.cache == CacheUse::kWarm) continue;
    const std::string directory = cat(cache(scenario_.as), "/v1/", each);
    for (const auto& name : fs::directory_iterator(directory, none)) names.insert(name.path());
  }
  return names;
}

}  // namespace slipway::tests
