// Sandboxes and caches with no room, no inodes or no way to write: a clear error or a fetch without
// the cache, nothing that looks whole and is not, and a launch that works when there is room again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"

namespace slipway::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct World {
  const char* name;
  const char* sandbox;  // options of its tmpfs; none: a directory like others
  const char* cache;
  const char* error;  // what is said; none: there is a way without what is lacking
};

// A cache that was named by who started slipway must be had, as far as it is there at all; what
// does not fit into it is done without.
constexpr World kWorlds[] = {
    {"SandboxOfOneMiB", "size=1m", nullptr, "No space left on device"},
    {"CacheOfOneMiB", nullptr, "size=1m", nullptr},
    {"BothOfOneMiB", "size=1m", "size=1m", "No space left on device"},
    {"SandboxOfTwelveInodes", "nr_inodes=12", nullptr, "No space left on device"},
    {"SandboxOfTwoInodes", "nr_inodes=2", nullptr, "No space left on device"},
    {"SandboxWithoutInodes", "nr_inodes=1", nullptr, "No space left on device"},
    {"CacheOfTwelveInodes", nullptr, "nr_inodes=12", nullptr},
    {"CacheOfTwoInodes", nullptr, "nr_inodes=2", "No space left on device"},
    {"CacheWithoutInodes", nullptr, "nr_inodes=1", "No space left on device"},
    {"SandboxReadOnly", "ro", nullptr, "Read-only file system"},
    {"CacheReadOnly", nullptr, "ro", "Read-only file system"},
    {"BothReadOnly", "ro", "ro", "Read-only file system"},
};

class SmallWorld : public Fetch, public ::testing::WithParamInterface<std::tuple<As, World>> {
 protected:
  SmallWorld() {
    make_sandbox(as());
    const std::string text(3'000'000, 'x');
    dir_.write("big", text);
    for (int i = 0; i < 60; ++i) dir_.write(cat("many/tree/", i), cat("file ", i));
    EXPECT_EQ(
        run_program({"tar", "-czf", dir_ / "many.tar.gz", "-C", dir_ / "many", "tree"}).exit_code,
        0);
    mount(sandbox(), world().sandbox, "0755");
    mount(cache(as()), world().cache, "0700");
  }
  ~SmallWorld() override {
    if (world().sandbox != nullptr) {
      EXPECT_EQ(::umount2(sandbox().c_str(), MNT_DETACH), 0);
    }
    if (world().cache != nullptr) {
      EXPECT_EQ(::umount2(cache(as()).c_str(), MNT_DETACH), 0);
    }
  }

  static As as() { return std::get<As>(GetParam()); }
  static World world() { return std::get<World>(GetParam()); }

  static void mount(const std::string& place, const char* options, std::string_view mode) {
    if (options == nullptr) return;
    const uid_t owner = as() == As::kRoot ? 0 : kNobody;
    const bool read_only = std::string_view(options) == "ro";
    const std::string data =
        cat("mode=", mode, ",uid=", owner, ",gid=", owner, read_only ? "" : cat(",", options));
    ASSERT_EQ(
        ::mount("tmpfs", place.c_str(), "tmpfs",
                MS_NOSUID | MS_NODEV | (read_only ? static_cast<unsigned long>(MS_RDONLY) : 0UL),
                data.c_str()),
        0);
  }
  static void make_room(const std::string& place, const char* options) {
    if (options == nullptr) return;
    ASSERT_EQ(::mount("tmpfs", place.c_str(), "tmpfs", MS_REMOUNT | MS_NOSUID | MS_NODEV,
                      "size=64m,nr_inodes=10000"),
              0);
  }

  // A file that is too large, and too many files.
  std::string whole_entry() {
    const std::string_view cached = R"("cache":true)";
    return shell_entry("wc -c <big; cat tree/59; echo; ls tree | wc -l",
                       cat(uri(dir_ / "big", cached), ",", uri(dir_ / "many.tar.gz", cached)));
  }

  void expect_lines_of_ours(const std::string& err) {
    std::istringstream lines(err);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_TRUE(line.starts_with("slipway: ") || line.starts_with("slipway-fetcher: ")) << line;
    }
  }
};

INSTANTIATE_TEST_SUITE_P(By, SmallWorld,
                         ::testing::Combine(::testing::Values(As::kRoot, As::kRootForUser,
                                                              As::kOrdinaryUser),
                                            ::testing::ValuesIn(kWorlds)),
                         [](const auto& each) {
                           return cat(std::get<World>(each.param).name, "By",
                                      name_of(std::get<As>(each.param)));
                         });

TEST_P(SmallWorld, IsAClearErrorOrDoneWithoutAndGoodWhenThereIsRoom) {
  for (const char* materialize : {"auto", "overlay,auto"}) {
    const std::vector<std::string> words{cat("--materialize=", materialize), "--retries=0"};
    const std::string entry = whole_entry();
    const auto cramped = run(entry, as(), words);
    if (world().error == nullptr) {
      EXPECT_EQ(cramped.out, "3000000\nfile 59\n60\n") << cramped.err;
      EXPECT_THAT(cramped.err, HasSubstr("warning")) << "it is done without the cache";
    } else {
      EXPECT_EQ(cramped.exit_code, 125);
      EXPECT_THAT(cramped.err, HasSubstr(world().error));
      EXPECT_THAT(placed(), IsEmpty()) << cramped.err;
    }
    expect_lines_of_ours(cramped.err);
  }
  make_room(sandbox(), world().sandbox);
  make_room(cache(as()), world().cache);
  for (int i = 0; i < 2; ++i) {
    const auto roomy = run(whole_entry(), as(), {"--retries=0"});
    EXPECT_EQ(roomy.out, "3000000\nfile 59\n60\n") << roomy.err;
  }
}

}  // namespace
}  // namespace slipway::tests
