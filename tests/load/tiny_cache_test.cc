// A cache that is far too small for what is asked of it: every fetch evicts what others have.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <random>
#include <thread>

#include "tests/load/load_fixture.h"
#include "tests/load/scale.h"
#include "tests/support/archive_builder.h"
#include "tests/support/raw_server.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLoops = 8;
constexpr std::uint64_t kLimit = 3 << 20;
constexpr int kUris = 300;
constexpr int kArchives = 20;  // the first ones; the rest are plain files

// What the URI of that number is; everybody can make it anew.
std::string content_of(int number) {
  const std::size_t size = 10'000 + static_cast<std::size_t>(number) * 1'237;
  std::string content;
  while (content.size() < size) content += cat(number, ' ', content.size(), '\n');
  content.resize(size);
  return content;
}

std::string name_of_uri(int number) {
  return cat("f", number, number < kArchives ? ".tar.gz" : "");
}

// The largest that one loop has under way in the cache: a partial file, and a tree with its
// manifest and record; directories and whole blocks are rounded up generously.
constexpr std::uint64_t kInFlight = 2 * (10'000 + kUris * 1'237) + (64 << 10);

class TinyCache : public Load {
 protected:
  TinyCache() {
    for (int i = 0; i < kArchives; ++i) {
      archives_.push_back(
          compress({"gzip", "-1"}, TarBuilder().file(cat("dir/f", i), content_of(i)).finish()));
    }
  }

  // Of all that is in it, as du(1) counts; what vanishes meanwhile counts nothing.
  static std::uint64_t disk_use(const std::string& directory) {
    std::uint64_t bytes = 0;
    std::error_code gone;
    for (fs::recursive_directory_iterator each(directory, gone), end; !gone && each != end;
         each.increment(gone)) {
      struct stat found {};
      if (::lstat(each->path().c_str(), &found) == 0 && S_ISREG(found.st_mode)) {
        bytes += static_cast<std::uint64_t>(found.st_blocks) * 512;  // inode(7)
      }
    }
    return bytes;
  }

  // Looks all the time.
  void sample(const std::atomic<bool>& over) {
    while (!over) {
      largest_ = std::max(largest_, disk_use(place_));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  void check_sandbox(int number, int uri_number) {
    const std::string file =
        uri_number < kArchives ? cat("/dir/f", uri_number) : cat("/", name_of_uri(uri_number));
    const bool right = read_file(sandbox(number) + file) == content_of(uri_number);
    EXPECT_TRUE(right) << file;  // not the bytes: there are many
  }

  // One loop, until the time is over. Both users are one: they share the cache.
  void fetch_on(int loop, Clock::time_point end, const RawServer& server,
                const std::string& settings) {
    std::minstd_rand dice(static_cast<unsigned>(loop));
    for (int i = 0; Clock::now() < end; ++i) {
      const int number = loop * 1'000'000 + i;
      const int wanted = static_cast<int>(dice() % kUris);
      const std::string entry = entry_file(
          cat("loop", loop, ".json"),
          shell_entry("true", uri(server.uri("/" + name_of_uri(wanted)), R"("cache":true)")));
      const As as = i % 2 == 0 ? As::kRootForUser : As::kOrdinaryUser;
      const auto launched = launch(entry, as, number, place_, {"--settings", settings});
      EXPECT_EQ(launched.exit_code, 0) << launched.err;
      check_sandbox(number, wanted);
      discard(number);
      const std::lock_guard hold(mutex_);
      samples_.push_back(launched.sample);
    }
  }

  RawServer::Handler handler() {
    return [this](Exchange& exchange) {
      ++requests_;
      const std::string target = exchange.target();
      const int number = std::stoi(target.substr(2));
      exchange.respond(
          "200 OK",
          number < kArchives ? archives_[static_cast<std::size_t>(number)] : content_of(number),
          cat("ETag: \"", number, "\"\r\n"));
    };
  }

  std::string place_ = cache(As::kRootForUser);
  std::vector<std::string> archives_;
  std::atomic<std::size_t> requests_ = 0;
  std::uint64_t largest_ = 0;
  std::mutex mutex_;
  std::vector<Sample> samples_;
};

// Promise 23.
TEST_F(TinyCache, LoopsThatEvictEachOthersFilesAllSucceedWithinTheLimit) {
  const std::string settings =
      dir_.write("s.toml", cat("[cache]\nmax_size = ", kLimit, "\nfree_space_reserve = 0\n"));
  std::atomic<bool> over = false;
  const auto start = Clock::now();
  {
    const RawServer server(handler());
    std::thread sampler([&] { sample(over); });
    std::vector<std::thread> loops;
    for (std::size_t i = 0; i < kLoops; ++i) {
      loops.emplace_back(
          [&, i] { fetch_on(static_cast<int>(i), start + scale().time, server, settings); });
    }
    for (auto& loop : loops) loop.join();
    over = true;
    sampler.join();
  }
  EXPECT_LE(largest_, kLimit + kLoops * kInFlight);
  EXPECT_LE(disk_use(place_), kLimit) << "when nothing is under way any more";
  EXPECT_GT(requests_, samples_.size() / 2) << "the limit is too large to matter";
  char note[128];
  std::snprintf(note, sizeof note, "cache at most %.1f MiB, limit %.1f", mebibytes(largest_),
                mebibytes(kLimit));
  figures().add("8 loops, tiny cache", samples_, since(start), note);
}

}  // namespace
}  // namespace slipway::tests
