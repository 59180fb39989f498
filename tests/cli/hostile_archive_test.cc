// No archive escapes: each one of tests/support/archive_cases.h is fetched and extracted by the
// built programs, and all that lies around the sandbox is compared with what it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <tuple>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"
#include "tests/support/archive_cases.h"
#include "tests/support/surroundings.h"
#include "tests/support/tree_snapshot.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// What slipway leaves in its own place: no part of an archive.
constexpr std::string_view kRecords[] = {"", "attempt.json", "entry.json", "report.jsonl"};
constexpr std::size_t kBatch = 25;

using Files = std::vector<ArchiveFile>;

using AsAndLocale = std::pair<As, std::string>;

// The second parameter counts the families.
class HostileArchives : public SlipwayTest,
                        public ::testing::WithParamInterface<std::tuple<AsAndLocale, std::size_t>> {
 protected:
  HostileArchives() : as_(std::get<0>(GetParam()).first), locale_(std::get<0>(GetParam()).second) {
    // Whatever an archive names could be written: only slipway is in its way.
    EXPECT_EQ(::chmod(dir_.path().c_str(), 0777), 0);
    dir_.make_directory("outside/directory");
    dir_.write("outside/secret", "known content");
    dir_.write("outside/directory/file", "known too");
    for (const char* name :
         {"outside", "outside/secret", "outside/directory", "outside/directory/file"}) {
      EXPECT_EQ(::chown((dir_ / name).c_str(), kNobody, kNobody), 0);
      EXPECT_EQ(::chmod((dir_ / name).c_str(), fs::is_directory(dir_ / name) ? 0777 : 0666), 0);
    }
  }

  // Runs an entry whose URIs are these, in a new sandbox.
  RunResult fetch(const Files& files);
  // The cases among these, of one file each, that were not refused as they should be when all are
  // fetched together: every URI that fails has a line of its own.
  std::vector<const ArchiveCase*> not_refused(std::span<const ArchiveCase* const> cases);
  void test_alone(const ArchiveCase& tested);

 private:
  Picture surroundings() const {
    constexpr off_t kSmallerThanPrograms = 1 << 20;
    return full_picture(snapshot(dir_.path(), {"sandbox-0"}, kSmallerThanPrograms));
  }
  std::string uri_of(const ArchiveFile& file, std::size_t number) const;
  void check_own_place() const;
  void check_refused(const RunResult& result) const;
  void check_extracted(const ArchiveCase& tested) const;
  void check_owners(const Snapshot& found) const;

  As as_;
  std::string locale_;
};

std::string HostileArchives::uri_of(const ArchiveFile& file, std::size_t number) const {
  const std::string name = file.name.substr(file.name.rfind('/') + 1);
  const std::string path = dir_.write(cat("from/", number, '/', name), file.bytes());
  const std::string rest = file.name == name ? "" : cat(R"(,"output_file":")", file.name, '"');
  return cat(R"({"value":")", path, R"(","extract":true)", rest, "}");
}

RunResult HostileArchives::fetch(const Files& files) {
  fs::remove_all(dir_ / "from");
  fs::remove_all(sandbox());
  std::vector<std::string> uris;
  for (const auto& file : files) uris.push_back(uri_of(file, uris.size()));
  make_sandbox(as_);
  RunOptions options;
  options.env = {"PATH=/usr/bin:/bin", "LC_ALL=" + locale_};
  options.cwd = start_directory();
  options.stdin_text = program_entry("/bin/echo", R"("echo","started")", join(uris, ","));
  options.timeout = std::chrono::seconds(20);
  if (as_ == As::kOrdinaryUser) options.user = RunOptions::Ids{kNobody, kNobody};
  const Picture before = surroundings();
  RunResult result =
      run_program(command({"run", "-", "--sandbox", sandbox(), "--no-cache"}, as_), options);
  EXPECT_EQ(differences(before, surroundings()), "") << "outside the sandbox";
  check_own_place();
  return result;
}

void HostileArchives::check_own_place() const {
  const Snapshot own = snapshot(sandbox() + "/.slipway");
  for (const auto& [path, found] : own) {
    EXPECT_NE(std::ranges::find(kRecords, path), std::end(kRecords)) << "left: " << quote(path);
  }
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// 125, no executor, nothing of any archive; each event is one line that no terminal obeys.
void HostileArchives::check_refused(const RunResult& result) const {
  EXPECT_EQ(result.exit_code, 125) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(tree_picture(snapshot(sandbox(), {".slipway"})), (Picture{{"", directory_line(0755)}}));
  for (const auto& line : lines_of(result.err)) {
    EXPECT_EQ(line, escape(line));
    EXPECT_TRUE(line.starts_with("slipway: ")) << line;
  }
}

std::vector<const ArchiveCase*> HostileArchives::not_refused(
    std::span<const ArchiveCase* const> cases) {
  Files files;
  for (const auto* one : cases) {
    files.push_back({cat(files.size(), '/', one->files[0].name), one->files[0].bytes});
  }
  const RunResult result = fetch(files);
  check_refused(result);
  const auto lines = lines_of(result.err);
  std::vector<const ArchiveCase*> others;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string start = cat("slipway: error: fetching '", dir_ / cat("from/", i), '/');
    const auto is_its = [&](const std::string& line) { return line.starts_with(start); };
    const auto its = std::ranges::find_if(lines, is_its);
    const bool good = std::ranges::count_if(lines, is_its) == 1 &&
                      its->find(*cases[i]->error) != std::string::npos;
    if (!good) others.push_back(cases[i]);
  }
  return others;
}

// Nothing of the archive's owners, attributes and privileges.
void HostileArchives::check_owners(const Snapshot& found) const {
  const uid_t owner = as_ == As::kRoot ? 0 : kNobody;
  for (const auto& [path, one] : found) {
    EXPECT_EQ(one.uid, owner) << quote(path);
    EXPECT_EQ(one.attributes, "") << quote(path);
    EXPECT_EQ(one.mode & (S_ISUID | S_ISGID | S_ISVTX), 0U) << quote(path);
  }
}

void HostileArchives::check_extracted(const ArchiveCase& tested) const {
  std::vector<std::string> beside = {".slipway"};
  for (const auto& file : tested.files) beside.push_back(file.name);
  const Snapshot found = snapshot(sandbox(), beside);
  EXPECT_EQ(differences(picture_of(*tested.tree), tree_picture(found)), "");
  for (const auto& entry : *tested.tree) {
    if (entry.type != 'h') continue;
    const auto here = found.find(entry.path);
    const auto there = found.find(entry.content);
    if (here == found.end() || there == found.end()) continue;  // said above
    EXPECT_EQ(here->second.inode, there->second.inode) << quote(entry.path);
  }
  check_owners(found);
}

void HostileArchives::test_alone(const ArchiveCase& tested) {
  const RunResult result = fetch(tested.files);
  const bool refused = tested.error && (!tested.tree || result.exit_code != 0);
  if (refused) {
    check_refused(result);
    EXPECT_THAT(result.err, HasSubstr(*tested.error));
    return;
  }
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "started\n");
  if (result.exit_code == 0) check_extracted(tested);
}

TEST_P(HostileArchives, AreRefusedOrExtractedExactlyAndNeverReachOutside) {
  ArchiveCases cases(dir_ / "outside");
  archive_families()[std::get<1>(GetParam())].add(cases);
  std::vector<const ArchiveCase*> together;
  std::vector<const ArchiveCase*> alone;
  for (const auto& one : cases.all()) {
    const bool refused = one.error && !one.tree && one.files.size() == 1;
    (refused ? together : alone).push_back(&one);
  }
  for (std::size_t at = 0; at < together.size(); at += kBatch) {
    SCOPED_TRACE(cat("together, from '", together[at]->name, "' on"));
    const auto batch = std::span(together).subspan(at, std::min(kBatch, together.size() - at));
    std::ranges::copy(not_refused(batch), std::back_inserter(alone));
  }
  for (const auto* one : alone) {
    SCOPED_TRACE(cat("case '", escape(one->name), "'"));
    test_alone(*one);
  }
  RecordProperty("cases", static_cast<int>(cases.all().size()));
  fs::remove_all(sandbox());
}

std::vector<std::size_t> families(Runs runs) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < archive_families().size(); ++i) {
    if (archive_families()[i].runs == runs) found.push_back(i);
  }
  return found;
}

std::string title_of(const ::testing::TestParamInfo<HostileArchives::ParamType>& row) {
  const auto& [as_and_locale, family] = row.param;
  const auto& [as, locale] = as_and_locale;
  return cat(archive_families()[family].title, "_", name_of(as), locale == "C" ? "_C" : "_Utf8");
}

const AsAndLocale kAll[] = {{As::kRoot, "C"},         {As::kRoot, "C.UTF-8"},
                            {As::kRootForUser, "C"},  {As::kRootForUser, "C.UTF-8"},
                            {As::kOrdinaryUser, "C"}, {As::kOrdinaryUser, "C.UTF-8"}};
const AsAndLocale kEachOnce[] = {
    {As::kRoot, "C"}, {As::kRootForUser, "C.UTF-8"}, {As::kOrdinaryUser, "C"}};

INSTANTIATE_TEST_SUITE_P(
    BothLocales, HostileArchives,
    ::testing::Combine(::testing::ValuesIn(kAll),
                       ::testing::ValuesIn(families(Runs::kForEverybodyInBothLocales))),
    title_of);
INSTANTIATE_TEST_SUITE_P(OneLocale, HostileArchives,
                         ::testing::Combine(::testing::ValuesIn(kEachOnce),
                                            ::testing::ValuesIn(families(Runs::kForEverybody))),
                         title_of);

}  // namespace
}  // namespace slipway::tests
