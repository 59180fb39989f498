// Everybody at once, with one cache: a job that starts on every core of a cluster.
#include <gtest/gtest.h>

#include <thread>

#include "fetcher/base/digest.h"
#include "tests/load/load_fixture.h"
#include "tests/load/scale.h"
#include "tests/support/nginx.h"

namespace slipway::tests {
namespace {

std::string content_of(std::size_t size) {
  std::string content;
  for (int i = 0; content.size() < size; ++i) content += cat(i, '\n');
  content.resize(size);
  return content;
}

class Together : public Load {
 protected:
  // All of them wait for the last one's thread. `who` says who launch number i is.
  std::vector<Launched> launch_all(const std::string& entry, As (*who)(std::size_t)) {
    const std::size_t count = scale().together;
    std::vector<Launched> launched(count);
    std::vector<std::thread> threads;
    const auto start = Clock::now();
    for (std::size_t i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        launched[i] = launch(entry, who(i), static_cast<int>(i), cache(who(i)),
                             {"--cache-policy=immutable", "--settings", patient_});
      });
    }
    for (auto& thread : threads) thread.join();
    took_ = since(start);
    return launched;
  }

  std::chrono::microseconds took_{};
  // Where the machine is slow, nobody is asked in vain or given up: nothing here judges speed.
  std::string patient_ = dir_.write("s.toml", "[cache]\nlock_timeout = \"1h\"\n");
};

As each_in_turn(std::size_t number) {
  constexpr As kAll[] = {As::kRoot, As::kRootForUser, As::kOrdinaryUser};
  return kAll[number % std::size(kAll)];
}

// Promise 49.
TEST_F(Together, CachedLaunchesWithAVolumeAllGetTheRightBytes) {
  constexpr std::size_t kSize = 10'000'000;
  const Nginx nginx;
  std::string hash;
  {
    const std::string content = content_of(kSize);
    nginx.write("big", content);
    hash = fetcher::sha256_hex(content);
  }
  const std::string entry =
      entry_file("e.json", shell_entry("sha256sum big; cat data/file",
                                       uri(nginx.http("/big"), R"("cache":true)"),
                                       volumes(Volumes::kInSandbox)));
  const auto launched = launch_all(entry, each_in_turn);
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < launched.size(); ++i) {
    EXPECT_EQ(launched[i].exit_code, 0) << launched[i].err;
    EXPECT_EQ(launched[i].out, cat(hash, "  big\nfrom the host"));
    EXPECT_EQ(launched[i].err, "");
    samples.push_back(launched[i].sample);
    discard(static_cast<int>(i));
  }
  EXPECT_EQ(nginx.count("GET /big "), 3U) << "one for each cache";
  figures().add("at once, 10 MB cached, RO volume", samples, took_);
}

}  // namespace
}  // namespace slipway::tests
