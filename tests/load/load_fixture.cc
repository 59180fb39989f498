#include "tests/load/load_fixture.h"

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdio>
#include <filesystem>
#include <iterator>
#include <set>
#include <sstream>

#include "sandbox/base/text.h"
#include "tests/support/running_program.h"

namespace slipway::tests {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

namespace {

// As long as the machine needs: speed is told, not judged.
constexpr std::chrono::minutes kForever{20};

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  if (!exists(directory)) return names;
  for (const auto& each : fs::directory_iterator(directory)) names.push_back(each.path());
  return names;
}

// "fe:00:1234" of everything below, as proc_locks(5) names files.
std::set<std::string> files_below(const std::string& directory) {
  std::set<std::string> files;
  for (const auto& each : fs::recursive_directory_iterator(directory)) {
    struct stat found {};
    char name[64];
    if (::lstat(each.path().c_str(), &found) != 0) continue;
    std::snprintf(name, sizeof name, "%02x:%02x:%llu", major(found.st_dev), minor(found.st_dev),
                  static_cast<unsigned long long>(found.st_ino));
    files.insert(name);
  }
  return files;
}

}  // namespace

Load::Load() : temp_(dir_.path()) {
  EXPECT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr), 0);
  dir_.write("host/file", "from the host");
  mounts_ = read_file("/proc/self/mountinfo");
  descriptors_ = open_descriptors();
}

Load::~Load() {
  EXPECT_EQ(read_file("/proc/self/mountinfo"), mounts_);
  EXPECT_EQ(open_descriptors(), descriptors_);
  EXPECT_THAT(temp_.left(), IsEmpty());
  expect_no_processes();
  expect_no_locks();
  expect_no_unfinished_files();
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
}

void Load::expect_no_processes() const {
  for (const auto& each : fs::directory_iterator("/proc")) {
    std::error_code gone;
    const fs::path program = fs::read_symlink(each.path() / "exe", gone);
    EXPECT_FALSE(!gone && program.string().starts_with(dir_.path())) << each.path() << program;
  }
}

void Load::expect_no_locks() const {
  const auto ours = files_below(dir_.path());
  std::istringstream locks(read_file("/proc/locks"));
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    for (std::string word; words >> word;) EXPECT_FALSE(ours.contains(word)) << line;
  }
}

void Load::expect_no_unfinished_files() const {
  for (const As as : {As::kRoot, As::kRootForUser, As::kOrdinaryUser}) {
    EXPECT_THAT(names_in(cache(as) + "/v1/partial"), IsEmpty());
    EXPECT_THAT(names_in(cache(as) + "/v1/unpacking"), IsEmpty());
  }
}

Launched Load::start(const std::vector<std::string>& words, As as) {
  RunningProgram::Setup setup;
  if (as == As::kOrdinaryUser) setup.user = RunOptions::Ids{kNobody, kNobody};
  const auto begun = Clock::now();
  RunningProgram program(command(words, as), setup);
  Launched launched;
  launched.exit_code = program.wait(kForever);
  // ru_maxrss counts what we had when the process was forked, which is little, and is in KiB.
  launched.sample = {since(begun), static_cast<std::uint64_t>(program.usage().ru_maxrss) * 1024};
  launched.out = program.out();
  launched.err = program.err();
  return launched;
}

Launched Load::launch(const std::string& entry_file, As as, int number,
                      const std::string& cache_dir, const std::vector<std::string>& words) {
  make_sandbox(as, number);
  std::vector<std::string> all{"run",           entry_file,    "-q",     "--sandbox",
                               sandbox(number), "--cache-dir", cache_dir};
  all.insert(all.end(), words.begin(), words.end());
  return start(all, as);
}

void Load::discard(int number) {
  static const std::set<std::string> kept{"entry.json", "report.jsonl", "overlays.json", "overlay"};
  for (const auto& each : fs::directory_iterator(sandbox(number) + "/.slipway")) {
    EXPECT_TRUE(kept.contains(each.path().filename())) << each.path();
  }
  fs::remove_all(sandbox(number));
}

std::string Load::volumes(Volumes which) const {
  const std::string host = dir_ / "host";
  std::string text =
      cat(R"("volume_mounts":[{"mode":"RO","container_path":"data","host_path":")", host, R"("})");
  if (which == Volumes::kAlsoOnMissingPath) {
    text += cat(R"(,{"mode":"RW","container_path":"/slipway-test/x","host_path":")", host, R"("})");
  }
  return text + "]";
}

}  // namespace slipway::tests
