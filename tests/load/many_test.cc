// Launches one after the other, four at a time, of every kind: what one of them leaves behind adds
// up.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "tests/load/load_fixture.h"
#include "tests/load/scale.h"
#include "tests/support/nginx.h"

namespace slipway::tests {
namespace {

constexpr std::size_t kAtATime = 4;

// A kind of launch: what the executor prints says that it has all it asked for.
struct Kind {
  const char* title;
  std::string entry_file;
  std::string prints;
  std::vector<std::string> words;
};

constexpr std::size_t kCachedFile = 2;  // which kind that is
constexpr As kAll[] = {As::kRoot, As::kRootForUser, As::kOrdinaryUser};

class Many : public Load {
 protected:
  Many() {
    nginx_.write("x", "the data");
    make_archive("a.tar.gz");
    const std::string host_file = uri(dir_ / "host/file");
    const std::string cached = uri(nginx_.http("/x"), R"("cache":true)");
    const std::string archive = uri(dir_ / "a.tar.gz", R"("cache":true)");
    // The descriptors of a cache and its locks stay with slipway.
    const std::string fds = cat("; ", probe_, " fds");
    const std::string none = "fds: 0 1 2\n";
    add("nothing but a command", shell_entry("echo -n ran"), "ran");
    add("a file and volumes",
        shell_entry("cat file data/file /slipway-test/x/file", host_file,
                    volumes(Volumes::kAlsoOnMissingPath)),
        "from the hostfrom the hostfrom the host");
    add("a cached file", shell_entry(cat("cat x", fds), cached), cat("the data", none));
    add("a cached file and a volume",
        shell_entry(cat("cat x data/file", fds), cached, volumes(Volumes::kInSandbox)),
        cat("the datafrom the host", none));
    add("a cached tree, copied", shell_entry(cat("cat sub/file", fds), archive),
        cat("content", none));
    add("a cached tree, overlaid",
        shell_entry(cat("cat sub/file; echo -n more > sub/more; cat sub/more", fds), archive),
        cat("contentmore", none), {"--materialize=overlay"});
  }

  void add(const char* title, const std::string& text, const std::string& prints,
           std::vector<std::string> words = {}) {
    kinds_.push_back(
        {title, entry_file(cat("kind", kinds_.size(), ".json"), text), prints, std::move(words)});
  }

  // Every kind by everybody in turn.
  void launch_one(std::size_t number) {
    const Kind& kind = kinds_[number % kinds_.size()];
    const As as = kAll[number / kinds_.size() % std::size(kAll)];
    const int place = static_cast<int>(number);
    const auto launched = launch(kind.entry_file, as, place, cache(as), kind.words);
    EXPECT_EQ(launched.exit_code, 0) << kind.title << ' ' << name_of(as) << ": " << launched.err;
    EXPECT_EQ(launched.out, kind.prints) << kind.title << ' ' << name_of(as);
    discard(place);
    const std::lock_guard hold(mutex_);
    samples_.push_back(launched.sample);
  }

  // `count` launches by kAtATime threads. One look at what failed is enough.
  void launch_all(const std::string& part, std::size_t count) {
    std::atomic<std::size_t> next = 0;
    std::vector<std::thread> threads;
    const auto start = Clock::now();
    for (std::size_t i = 0; i < kAtATime; ++i) {
      threads.emplace_back([&] {
        for (;;) {
          const std::size_t number = next++;
          if (number >= count || HasFailure()) return;
          launch_one(number);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(samples_.size(), count);
    figures().add(part, samples_, since(start));
  }

  // Everybody's cache is swept and emptied again and again.
  void sweep_until(const std::atomic<bool>& over) {
    while (!over) {
      for (const As as : kAll) {
        for (const char* action : {"prune", "clear"}) {
          const auto swept = start({"cache", action, "--cache-dir", cache(as)}, as);
          EXPECT_EQ(swept.exit_code, 0) << action << ": " << swept.err;
        }
      }
    }
  }

  Nginx nginx_;
  std::vector<Kind> kinds_;
  std::mutex mutex_;
  std::vector<Sample> samples_;
};

// Promise 49; what is looked at afterwards is in ~Load().
TEST_F(Many, LaunchesOfEveryKindLeaveNothing) {
  launch_all("one after the other, every kind", scale().launches * 4 / 5);
}

TEST_F(Many, LaunchesOfEveryKindSucceedWhileTheCacheIsEmptiedAllTheTime) {
  // There is a cache to empty.
  for (std::size_t i = 0; i < std::size(kAll); ++i) launch_one(i * kinds_.size() + kCachedFile);
  samples_.clear();
  std::atomic<bool> over = false;
  std::thread sweeper([&] { sweep_until(over); });
  launch_all("the same, caches emptied meanwhile", scale().launches / 5);
  over = true;
  sweeper.join();
}

}  // namespace
}  // namespace slipway::tests
