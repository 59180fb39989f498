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

bool is_whole(const fs::path& path, const Piece& piece) {
  const auto status = fs::symlink_status(path);
  if (piece.kind == Kind::kLink) {
    return fs::is_symlink(status) && fs::read_symlink(path) == piece.text;
  }
  const auto mode = static_cast<fs::perms>(piece.kind == Kind::kExecutable ? 0755 : 0644);
  return fs::is_regular_file(status) && status.permissions() == mode &&
         read_file(path) == piece.text;
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
  } else if (fault.takes_away() && !may_need(fault.call)) {
    EXPECT_EQ(result.exit_code, 0) << "there is a way without that call. " << told;
  } else if (result.exit_code == 126 || result.exit_code == 127) {
    EXPECT_THAT(result.err, ::testing::HasSubstr("E-EXEC")) << "these say that it is the program";
  } else {
    EXPECT_THAT(result.exit_code, AnyOf(0, 125)) << told;
  }
  if (result.exit_code != 0 && result.exit_code != kKilled) expect_words(fault, result.err);
}

void FaultRuns::expect_words(const Fault& fault, const std::string& err) {
  // What cannot be written cannot be read; but another process can still speak.
  const bool by_speaker = fault.process <= 1 || fault.span == Span::kFromThen || is_supervised();
  if (!fault.call.starts_with("write") || !by_speaker) {
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
    const auto found = expected_.files.lower_bound(name);
    const bool has_place = found != expected_.files.end() && found->first.starts_with(name);
    if (name.ends_with('/') ? !has_place && name != "volume/"
                            : !has_place || found->first != name) {
      ADD_FAILURE() << name << " has no business in the sandbox";
    } else if (!name.ends_with('/')) {
      EXPECT_TRUE(is_whole(cat(sandbox(), '/', name), found->second)) << name << " is not whole";
    }
  }
}

bool FaultRuns::may_need(std::string_view call) const {
  static const std::set<std::string_view> always{
      "clone3",       "landlock_add_rule", "landlock_restrict_self",
      "memfd_create", "signalfd4",         "utimensat"};
  static const std::set<std::string_view> with_mounts{"statx", "unshare"};
  static const std::set<std::string_view> with_overlays{"fsconfig",      "fsmount",    "fsopen",
                                                        "mount_setattr", "move_mount", "open_tree"};
  const bool overlays = std::ranges::find(scenario_.words, kOverlay) != scenario_.words.end();
  const bool mounts = overlays || scenario_.volumes != Volumes::kNone;
  return always.contains(call) || (mounts && with_mounts.contains(call)) ||
         (overlays && with_overlays.contains(call));
}

void FaultRuns::expect_nothing_left(const Fault& fault, const RunResult& result) {
  // Who was killed removes nothing, and neither does one that is ended with whom it stands for.
  const int launcher = is_supervised() ? 2 : 1;
  const bool ends_launcher =
      fault.process < launcher || (fault.kills() && fault.process == launcher);
  if (ends_launcher || fault.span != Span::kOnce || result.exit_code == 0) return;
  std::set<std::string> kept = kept_names_;
  kept.insert("attempt.json");
  if (fault.kills()) kept.insert("overlays.json.new");  // of a record that was being written
  EXPECT_THAT(own_names(), IsSubsetOf(kept));
  // What a fetcher unpacks into the cache that is killed, or cannot speak with the launcher any
  // more, is removed by whoever comes later.
  const bool ends_fetcher =
      fault.kills() || fault.process == launcher ||
      result.err.find("the fetch stage ended with status") != std::string::npos;
  if (ends_fetcher) return;
  std::vector<std::string> left;
  std::error_code none;
  for (const auto& found :
       fs::recursive_directory_iterator(cache(scenario_.as) + "/v1/unpacking", none)) {
    if (!found.is_directory()) left.push_back(found.path());
  }
  EXPECT_THAT(left, ::testing::IsEmpty());
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
