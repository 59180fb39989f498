// What must hold after a launch in which something went wrong.
#include <gmock/gmock.h>
#include <sys/prctl.h>

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

// The first of the call that was struck; empty where none was.
std::string argument_of(const std::string& report) {
  const auto hits = lines_with(report, "hit ");
  return hits.empty() ? "" : hits.front().substr(hits.front().rfind(' ') + 1);
}

// Whether nothing is found, or removed, for as long as that call fails.
bool removes(std::string_view call) {
  static const std::set<std::string_view> calls{"close",      "fcntl",      "fstat",
                                                "getdents64", "newfstatat", "openat",
                                                "openat2",    "statx",      "unlinkat"};
  return calls.contains(call);
}

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

void FaultRuns::expect_result(const Fault& fault, const Injected& injected) {
  const RunResult& result = injected.result;
  const std::string told = cat("it said: ", result.err);
  if (result.exit_code == 0) {
    EXPECT_EQ(result.out, expected_.out) << told;
  } else if (is_supervised()) {
    EXPECT_THAT(expected_.out, ::testing::StartsWith(result.out)) << told;
  } else {
    EXPECT_EQ(result.out, "") << told;
  }
  if (fault.kills() && fault.process <= launcher()) {
    EXPECT_THAT(result.exit_code, AnyOf(0, 125, kKilled)) << told;
  } else if (fault.error == EINTR) {
    EXPECT_EQ(result.exit_code, 0) << "interrupted, nothing else. " << told;
    EXPECT_EQ(sorted_lines(result.err), told_) << "interrupted, nothing else";
  } else if (fault.takes_away() && !may_need(fault)) {
    EXPECT_EQ(result.exit_code, 0) << "there is a way without that call. " << told;
  } else if (result.exit_code == 126 || result.exit_code == 127) {
    EXPECT_THAT(result.err, ::testing::HasSubstr("E-EXEC")) << "these say that it is the program";
  } else {
    EXPECT_THAT(result.exit_code, AnyOf(0, 125)) << told;
  }
  if (result.exit_code == 0) expect_confined(fault, injected.report);
  const bool died = fault.kills() && result.exit_code == kKilled;
  if (result.exit_code != 0 && !died) expect_words(fault, injected);
}

void FaultRuns::expect_words(const Fault& fault, const Injected& injected) {
  const std::string& err = injected.result.err;
  // What cannot be written cannot be read.
  const bool unheard = fault.call.starts_with("write") &&
                       (fault.span == Span::kFromThen || argument_of(injected.report) == "2");
  if (!unheard) {
    EXPECT_NE(err, "");
  }
  std::istringstream lines(err);
  for (std::string line; std::getline(lines, line);) {
    const bool ours = line.starts_with("slipway: ") || line.starts_with("slipway-fetcher: ");
    EXPECT_TRUE(ours || is_of_loader(line)) << line;
  }
}

// Nobody goes on with rights that could not be given up. (The launcher also takes on the user's
// rights for a while, and where it cannot, leaves out what was to be done with them.) Without
// Landlock a launch goes on, and says so.
void FaultRuns::expect_confined(const Fault& fault, const std::string& report) {
  static const std::set<std::string_view> for_good{"setresuid", "setresgid", "capset",
                                                   "landlock_add_rule", "landlock_restrict_self"};
  static const std::set<std::string> for_good_by_prctl{std::to_string(PR_SET_NO_NEW_PRIVS),
                                                       std::to_string(PR_CAPBSET_DROP)};
  const std::string argument = argument_of(report);
  if (fault.kills() || fault.error == EINTR || argument.empty()) return;
  const bool groups = fault.call == "setgroups" && fault.process > launcher();
  const bool by_prctl = fault.call == "prctl" && for_good_by_prctl.contains(argument);
  EXPECT_FALSE(groups || by_prctl || for_good.contains(fault.call)) << "it went on without it";
  if (fault.call == "landlock_create_ruleset" && fault.takes_away()) {
    EXPECT_THAT(read_file(sandbox() + "/.slipway/report.jsonl"),
                ::testing::HasSubstr(R"("event":"no-landlock")"));
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
  expect_whole_directories();
}

// A directory that an archive brings comes with all that is in it, by one rename. An overlay's is
// seen in the task's namespace only.
void FaultRuns::expect_whole_directories() {
  if (has_overlays()) return;
  for (const auto& [name, piece] : expected_.files) {
    const std::string top = name.substr(0, name.find('/'));
    if (!exists(cat(sandbox(), '/', top))) continue;
    EXPECT_TRUE(fs::exists(fs::symlink_status(cat(sandbox(), '/', name))))
        << name << " is missing in " << top;
  }
}

bool FaultRuns::may_need(const Fault& fault) const {
  static const std::set<std::string_view> always{"landlock_add_rule", "landlock_restrict_self",
                                                 "memfd_create", "signalfd4", "utimensat"};
  static const std::set<std::string_view> with_mounts{"statx", "unshare"};
  static const std::set<std::string_view> with_overlays{"fsconfig",      "fsmount",    "fsopen",
                                                        "mount_setattr", "move_mount", "open_tree"};
  const bool overlays = has_overlays();
  const bool mounts = overlays || scenario_.volumes != Volumes::kNone;
  const std::string& call = fault.call;
  // Where the kernel does not know it, the C library takes clone(2).
  if (call == "clone3") return fault.error != ENOSYS;
  return always.contains(call) || (mounts && with_mounts.contains(call)) ||
         (overlays && with_overlays.contains(call));
}

void FaultRuns::expect_nothing_left(const Fault& fault, const RunResult& result) {
  // Who was killed removes nothing, and neither does one that is ended with whom it stands for.
  const bool ends_launcher =
      fault.process < launcher() || (fault.kills() && fault.process == launcher());
  const bool keeps_from_removing = fault.span != Span::kOnce && removes(fault.call);
  if (ends_launcher || keeps_from_removing || result.exit_code == 0) return;
  std::set<std::string> kept = kept_names_;
  kept.insert("attempt.json");
  if (fault.kills()) kept.insert("overlays.json.new");  // of a record that was being written
  EXPECT_THAT(own_names(), IsSubsetOf(kept));
  // What a fetcher unpacks into the cache that is killed, or cannot speak with the launcher any
  // more, is removed by whoever comes later.
  const bool is_dumb = fault.span != Span::kOnce && (fault.call == "read" || fault.call == "write");
  const bool ends_fetcher =
      fault.kills() || is_dumb || fault.process == launcher() ||
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

bool FaultRuns::has_word(std::string_view word) const {
  return std::ranges::find(scenario_.words, word) != scenario_.words.end();
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
