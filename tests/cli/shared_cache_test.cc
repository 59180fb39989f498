// One cache and many at once: who leads, who waits, and what becomes of them when the leader does
// not go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "fetcher/base/digest.h"
#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"
#include "tests/support/nginx.h"
#include "tests/support/raw_server.h"
#include "tests/support/running_program.h"

namespace slipway::tests {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using ::testing::AllOf;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

class SharedCache : public Fetch {
 protected:
  // Runs the entry `count` times at once, each in a sandbox of its own.
  std::vector<RunResult> run_together(int count, const std::string& text,
                                      const std::vector<std::string>& more = {}) {
    std::vector<RunResult> results(static_cast<std::size_t>(count));
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
      const int number = ++sandbox_number_;
      make_sandbox(As::kRoot, number);
      threads.emplace_back([&, i, number] {
        std::vector<std::string> words{"run",           "-",           "--sandbox",
                                       sandbox(number), "--cache-dir", cache(As::kRoot)};
        words.insert(words.end(), more.begin(), more.end());
        results[static_cast<std::size_t>(i)] = slipway(words, As::kRoot, {}, text);
      });
    }
    for (auto& thread : threads) thread.join();
    return results;
  }

  // Starts a run that leads: it has the lock and waits for its server.
  std::unique_ptr<RunningProgram> start_leader(const std::string& text) {
    const int number = ++sandbox_number_;
    make_sandbox(As::kRoot, number);
    return std::make_unique<RunningProgram>(
        command({"run", dir_.write("leader.json", text), "--sandbox", sandbox(number),
                 "--cache-dir", cache(As::kRoot)},
                As::kRoot));
  }

  // Waits until somebody has asked the server.
  static void await_request(const RawServer& server, std::size_t count) {
    const auto end = Clock::now() + kPatience;
    while (server.requests().size() < count && Clock::now() < end) {
      std::this_thread::sleep_for(5ms);
    }
    ASSERT_GE(server.requests().size(), count);
  }

  // Every process of the group, the fetcher too.
  static void signal_group(const RunningProgram& program, int number) {
    ASSERT_EQ(::kill(-program.pid(), number), 0);
  }
};

// Promise 17.
TEST_F(SharedCache, FiftyAtOnceMakeOneRequestAndFiftyEqualSandboxes) {
  Nginx nginx;
  std::string content;
  for (int i = 0; content.size() < 200'000; ++i) content += cat(i, '\n');
  nginx.write("x", content);
  const std::string text = shell_entry("sha256sum x", uri(nginx.http("/x"), R"("cache":true)"));
  for (const auto& result : run_together(50, text)) {
    EXPECT_THAT(result.out, HasSubstr(fetcher::sha256_hex(content))) << result.err;
  }
  EXPECT_EQ(nginx.count("GET /x "), 1U);
  const std::size_t cold = nginx.requests().size();
  for (const auto& result : run_together(50, text)) {
    EXPECT_THAT(result.out, HasSubstr(fetcher::sha256_hex(content))) << result.err;
  }
  EXPECT_EQ(nginx.count("GET /x "), 1U) << "no body";
  EXPECT_LE(nginx.requests().size(), cold + 50) << "one question each";
  const std::size_t warm = nginx.requests().size();
  run_together(50, text, {"--cache-policy=immutable"});
  EXPECT_EQ(nginx.requests().size(), warm) << "none";
}

// Answers the first request never, all others at once.
RawServer::Handler hanging_first() {
  auto number = std::make_shared<std::atomic<int>>(0);
  return [number](Exchange& exchange) {
    if (++*number == 1) {
      exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nda");
      exchange.wait(120s);
      return;
    }
    exchange.respond("200 OK", "data");
  };
}

// Promise 9.
TEST_F(SharedCache, WaitingForAnotherIsWithinTheTimeOfAUri) {
  RawServer server(hanging_first());
  const std::string text = shell_entry("cat x", uri(server.uri("/x"), R"("cache":true)"));
  const auto leader = start_leader(text);
  await_request(server, 1);
  const auto start = Clock::now();
  const RunResult waiter = run_together(1, text, {"--timeout=1s"})[0];
  EXPECT_LT(Clock::now() - start, 6s);
  EXPECT_EQ(waiter.exit_code, 125);
  EXPECT_THAT(waiter.err, HasSubstr("was not ready in time"));
  EXPECT_THAT(waiter.err, HasSubstr("[E-FETCH-TRANSIENT]"));
  EXPECT_EQ(server.requests().size(), 1U);
}

// Promise 19.
TEST_F(SharedCache, ALeaderThatIsKilledIsReplacedAtOnce) {
  RawServer server(hanging_first());
  const std::string text = shell_entry("cat x", uri(server.uri("/x"), R"("cache":true)"));
  const auto leader = start_leader(text);
  await_request(server, 1);
  RunResult waiter;
  Clock::time_point ended;
  std::thread waiting([&] {
    waiter = run_together(1, text)[0];
    ended = Clock::now();
  });
  std::this_thread::sleep_for(700ms);
  const auto killed = Clock::now();
  leader->signal(SIGKILL);
  waiting.join();
  EXPECT_EQ(waiter.out, "data") << waiter.err;
  EXPECT_GT(ended, killed) << "it waited";
  EXPECT_LT(ended - killed, 8s) << "not the ten seconds of lock_timeout";
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(SharedCache, ALeaderThatIsStoppedIsPassedByAfterATime) {
  RawServer server(hanging_first());
  const std::string text = shell_entry("cat x", uri(server.uri("/x"), R"("cache":true)"));
  const std::string settings = dir_.write("s.toml", "[cache]\nlock_timeout = \"2s\"\n");
  const auto leader = start_leader(text);
  await_request(server, 1);
  signal_group(*leader, SIGSTOP);
  const auto start = Clock::now();
  const auto result = run_together(1, text, {"--settings", settings})[0];
  EXPECT_EQ(result.out, "data") << result.err;
  EXPECT_THAT(result.err, HasSubstr("no sign of life"));
  EXPECT_GE(Clock::now() - start, 2s);
  EXPECT_LT(Clock::now() - start, 10s);
  signal_group(*leader, SIGKILL);
}

TEST_F(SharedCache, ALeaderThatIsSlowButAliveIsWaitedFor) {
  std::atomic<int> number = 0;
  RawServer server([&](Exchange& exchange) {
    ++number;
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
    for (int i = 0; i < 8 && exchange.send("x"); ++i) exchange.wait(600ms);
  });
  const std::string text = shell_entry("cat x", uri(server.uri("/x"), R"("cache":true)"));
  const std::string settings = dir_.write("s.toml", "[cache]\nlock_timeout = \"2s\"\n");
  for (const auto& result : run_together(3, text, {"--settings", settings})) {
    EXPECT_EQ(result.out, "xxxxxxxx") << result.err;
  }
  EXPECT_EQ(number, 1);
}

// Promises 24 and 46.
TEST_F(SharedCache, ACacheThatIsFullIsDoneWithout) {
  Nginx nginx;
  nginx.write("x", std::string(3'000'000, 'x'));
  const std::string place = dir_.make_directory("small", 0700);
  ASSERT_EQ(::mount("tmpfs", place.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=0700"), 0);
  for (int i = 0; i < 2; ++i) {
    make_sandbox(As::kRoot, ++sandbox_number_);
    const auto result =
        slipway({"run", "-", "--sandbox", sandbox(sandbox_number_), "--cache-dir", place},
                As::kRoot, {}, shell_entry("wc -c < x", uri(nginx.http("/x"), R"("cache":true)")));
    EXPECT_THAT(result.out, HasSubstr("3000000")) << result.err;
    EXPECT_THAT(result.err, HasSubstr("warning")) << "every time";
  }
  EXPECT_EQ(::umount(place.c_str()), 0);
}

// Promise 23.
TEST_F(SharedCache, WhatIsTooLargeForTheCacheIsNeverWrittenThere) {
  Nginx nginx;
  nginx.write("x", std::string(5'000'000, 'x'));
  RawServer unannounced([](Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    exchange.send(std::string(5'000'000, 'x'));
  });
  const std::string small = dir_.write("small.toml", "[cache]\nmax_size = \"1M\"\n");
  const std::string reserved =
      dir_.write("reserved.toml", "[cache]\nfree_space_reserve = \"1000000G\"\n");
  const auto run_with = [&](const std::string& from, const std::string& settings) {
    const auto result = run_together(1, shell_entry("wc -c < x", uri(from, R"("cache":true)")),
                                     {"--settings", settings})[0];
    EXPECT_THAT(result.out, HasSubstr("5000000")) << result.err;
    EXPECT_TRUE(std::filesystem::is_empty(cache(As::kRoot) + "/v1/partial"));
    return result.err;
  };
  for (const std::string& from : {nginx.http("/x"), unannounced.uri("/x")}) {
    EXPECT_THAT(run_with(from, small), AllOf(HasSubstr("without the cache"),
                                             HasSubstr("larger than what the cache can hold")));
    EXPECT_THAT(run_with(from, reserved), HasSubstr("the cache must leave"));
  }
}

TEST_F(SharedCache, AnOriginThatIsDownLeavesTheStaleCopyInSeconds) {
  std::string text;
  {
    const auto nginx = std::make_unique<Nginx>();
    nginx->write("x", "data");
    text = shell_entry("cat x", uri(nginx->http("/x"), R"("cache":true)"));
    EXPECT_EQ(run_anew(text).out, "data");
  }
  const auto start = Clock::now();
  const auto down = run_anew(text);
  EXPECT_EQ(down.out, "data") << down.err;
  EXPECT_THAT(down.err, HasSubstr("using it as it is"));
  EXPECT_LT(Clock::now() - start, 8s) << "and the launch itself";
}

TEST_F(SharedCache, AnOriginThatIsSilentLeavesTheStaleCopyInSeconds) {
  std::atomic<bool> silent = false;
  RawServer server([&](Exchange& exchange) {
    if (silent) exchange.wait(60s);
    exchange.respond("200 OK", "data", "ETag: \"1\"\r\n");
  });
  const std::string text = shell_entry("cat x", uri(server.uri("/x"), R"("cache":true)"));
  EXPECT_EQ(run_anew(text).out, "data");
  silent = true;
  const auto start = Clock::now();
  const auto late = run_anew(text);
  EXPECT_EQ(late.out, "data") << late.err;
  EXPECT_THAT(late.err, HasSubstr("using it as it is"));
  EXPECT_LT(Clock::now() - start, 8s) << "and the launch itself";
}

}  // namespace
}  // namespace slipway::tests
