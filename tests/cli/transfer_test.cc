// Transfers through the built programs, from servers that behave and others: tries, resumption,
// several at a time, limits.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "fetcher/base/digest.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"
#include "tests/support/nginx.h"
#include "tests/support/raw_server.h"
#include "tests/support/running_program.h"

namespace slipway::tests {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Clock = std::chrono::steady_clock;

class Transfers : public Fetch {
 protected:
  RunResult timed_run(std::string_view text, const std::vector<std::string>& words = {}) {
    const auto start = Clock::now();
    auto result = run_anew(text, words);
    took_ = Clock::now() - start;
    return result;
  }

  Clock::duration took_{};
};

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; ++at) ++count;
  return count;
}

// Answers `status` to the first `failures` requests, then with the body.
RawServer::Handler failing_first(int failures, const std::string& status,
                                 const std::string& headers = "") {
  auto left = std::make_shared<std::atomic<int>>(failures);
  return [=](Exchange& exchange) {
    if ((*left)-- > 0) {
      exchange.respond(status, "not now", headers);
    } else {
      exchange.respond("200 OK", "body");
    }
  };
}

// Promise 13.
TEST_F(Transfers, FailuresThatMayPassAreTriedAgainAndEachIsReported) {
  RawServer server(failing_first(2, "500 Internal Server Error"));
  const auto result = run_anew(shell_entry("cat x", uri(server.uri("/x"))));
  EXPECT_EQ(result.out, "body") << result.err;
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_EQ(count_of(result.err, "the server answered 500"), 2U) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("try 2 of 5"), HasSubstr("try 3 of 5")));
}

TEST_F(Transfers, WhatWillNotPassIsTriedOnce) {
  for (const char* status : {"404 Not Found", "403 Forbidden", "410 Gone", "400 Bad Request",
                             "501 Not Implemented", "505 HTTP Version Not Supported"}) {
    RawServer server(failing_first(99, status));
    const auto result = run_anew(shell_entry("cat x", uri(server.uri("/x"))));
    EXPECT_EQ(result.exit_code, 125) << status;
    EXPECT_EQ(server.requests().size(), 1U) << status;
    EXPECT_THAT(placed_now(), IsEmpty());
  }
}

TEST_F(Transfers, ThereAreFiveTriesOrAsManyAsAreAskedFor) {
  RawServer server(failing_first(99, "500 Internal Server Error"));
  const std::string text = shell_entry("cat x", uri(server.uri("/x")));
  const auto result = run_anew(text);
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_EQ(server.requests().size(), 5U);
  EXPECT_THAT(result.err, HasSubstr("[E-FETCH-TRANSIENT]"));
  EXPECT_EQ(run_anew(text, {"--retries=0"}).exit_code, 125);
  EXPECT_EQ(server.requests().size(), 6U);
  EXPECT_EQ(run_anew(text, {"--retries", "1"}).exit_code, 125);
  EXPECT_EQ(server.requests().size(), 8U);
}

TEST_F(Transfers, AServerThatAsksForTimeGetsIt) {
  RawServer server(failing_first(1, "503 Service Unavailable", "Retry-After: 1\r\n"));
  const auto result = timed_run(shell_entry("cat x", uri(server.uri("/x"))));
  EXPECT_EQ(result.out, "body") << result.err;
  EXPECT_GE(took_, 1s);
}

TEST_F(Transfers, AServerThatAsksForHoursIsGivenUp) {
  RawServer server(failing_first(1, "503 Service Unavailable", "Retry-After: 7200\r\n"));
  const auto result = timed_run(shell_entry("cat x", uri(server.uri("/x"))));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_LT(took_, 10s);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(Transfers, ConnectionsThatAreRefusedAreTriedAgain) {
  std::string nobody;
  {
    const RawServer server([](Exchange&) {});
    nobody = server.uri("/x");
  }
  const auto result = run_anew(shell_entry("cat x", uri(nobody)), {"--retries=1"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(HasSubstr("try 2 of 2"), HasSubstr("[W-FETCH-RETRY]"),
                                HasSubstr("[E-FETCH-TRANSIENT]")));
}

// Promise 9.
TEST_F(Transfers, AUriHasADeadlineInAll) {
  RawServer server([](Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    while (exchange.send("x") && exchange.wait(100ms)) {
    }
  });
  const auto result =
      timed_run(shell_entry("cat x", uri(server.uri("/x"))), {"--timeout=1s", "--retries=99"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_LT(took_, 6s);
}

TEST_F(Transfers, ATryThatStallsIsGivenUpAndAnotherIsMade) {
  std::atomic<int> number = 0;
  RawServer server([&](Exchange& exchange) {
    if (++number > 1) {
      exchange.respond("200 OK", "body");
      return;
    }
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo");
    exchange.wait(60s);
  });
  const auto result =
      timed_run(shell_entry("cat x", uri(server.uri("/x"))), {"--stall-timeout=500ms"});
  EXPECT_EQ(result.out, "body") << result.err;
  EXPECT_LT(took_, 10s);
}

// Promise 10.
TEST_F(Transfers, WhatIsTooLargeIsGivenUpOnTheWay) {
  std::atomic<std::uint64_t> sent = 0;
  RawServer server([&](Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(65536, 'x');
    while (exchange.send(piece)) sent += piece.size();
  });
  const auto result = run_anew(shell_entry("cat x", uri(server.uri("/x"))), {"--max-size=1M"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("larger than the limit of 1000000 bytes"), HasSubstr("--max-size")));
  EXPECT_LT(sent, 64U << 20);
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_THAT(placed_now(), IsEmpty());
}

// Holds every request back until `together` are there, and counts how many were at most.
class Gathering {
 public:
  explicit Gathering(int together) : together_(together) {}

  RawServer::Handler handler() {
    return [this](Exchange& exchange) {
      {
        std::unique_lock lock(mutex_);
        most_ = std::max(most_, ++now_);
        changed_.notify_all();
        changed_.wait_for(lock, 5s, [&] { return most_ >= together_; });
      }
      // Long enough for others to come that should not.
      exchange.wait(100ms);
      exchange.respond("200 OK", exchange.target());
      const std::scoped_lock lock(mutex_);
      --now_;
    };
  }
  int most() {
    const std::scoped_lock lock(mutex_);
    return most_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int together_;
  int now_ = 0;
  int most_ = 0;
};

std::string many_uris(const RawServer& server, int count) {
  std::string uris;
  for (int i = 0; i < count; ++i) {
    uris += cat(i == 0 ? "" : ",", uri(server.uri(cat("/f", i)), R"("extract":false)"));
  }
  return uris;
}

TEST_F(Transfers, EightUrisAreFetchedAtATime) {
  Gathering gathering(8);
  RawServer server(gathering.handler());
  const auto result = run_anew(shell_entry("cat f0 f11", many_uris(server, 12)));
  EXPECT_EQ(result.out, "/f0/f11") << result.err;
  EXPECT_EQ(gathering.most(), 8);
}

TEST_F(Transfers, OneAtATimeWhereThatIsAskedFor) {
  Gathering gathering(1);
  RawServer server(gathering.handler());
  const auto result = run_anew(shell_entry("cat f0 f2", many_uris(server, 3)), {"--parallel", "1"});
  EXPECT_EQ(result.out, "/f0/f2") << result.err;
  EXPECT_EQ(gathering.most(), 1);
}

TEST_F(Transfers, TheOrderOfTheEntryIsTheOrderOfPlacingHoweverTheyArrive) {
  dir_.write("first/same", "from the first");
  dir_.write("second/same", "from the second");
  for (const char* name : {"first", "second"}) {
    EXPECT_EQ(
        run_program({"tar", "-cf", dir_ / cat(name, ".tar"), "-C", dir_ / name, "same"}).exit_code,
        0);
  }
  RawServer server([&](Exchange& exchange) {
    const bool first = exchange.target() == "/first.tar";
    if (first) exchange.wait(500ms);
    exchange.respond("200 OK", read_file(dir_ / (first ? "first.tar" : "second.tar")));
  });
  const auto result = run_anew(shell_entry(
      "cat same", cat(uri(server.uri("/first.tar")), ",", uri(server.uri("/second.tar")))));
  EXPECT_EQ(result.out, "from the second") << result.err;
}

TEST_F(Transfers, AllThatFailedAreToldAtOnceEachWithItsClass) {
  RawServer server([](Exchange& exchange) {
    const std::string target = exchange.target();
    exchange.respond(target == "/auth" ? "403 Forbidden"
                     : target == "/ok" ? "200 OK"
                                       : "404 Nope",
                     "x");
  });
  const auto result = run_anew(
      shell_entry("cat ok", cat(uri(server.uri("/missing")), ",", uri(server.uri("/ok")), ",",
                                uri(server.uri("/auth")), ",", uri(dir_ / "no-such-file"))));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(ContainsRegex("/missing.*404.*\\[E-FETCH-NOT-FOUND\\]"),
                                ContainsRegex("/auth.*403.*\\[E-FETCH-AUTH\\]"),
                                ContainsRegex("no-such-file.*\\[E-FETCH-NOT-FOUND\\]")));
  EXPECT_THAT(placed_now(), IsEmpty());
}

TEST_F(Transfers, ThePlanShowsWhatIsNotTheDefaultAndWhereItIsFrom) {
  const std::string settings = dir_.write(
      "s.toml",
      "[fetch]\nproxy = \"http://me:secret@proxy.example:3128\"\nretries = 9\nparallel = 2\n");
  const std::string pin = cat("sha256=", fetcher::sha256_hex("data"));
  const std::string text = shell_entry("true", uri(cat("http://127.0.0.1:9/x#", pin)));
  const auto plan =
      slipway({"plan", "-", "--settings", settings, "--parallel=3"}, As::kRoot, {}, text);
  EXPECT_THAT(plan.out, AllOf(HasSubstr("'http://proxy.example:3128'"), Not(HasSubstr("secret")),
                              HasSubstr("[fetch] retries '9', by default '4', from '/"),
                              HasSubstr("[fetch] parallel '3', by default '8', from '--parallel'"),
                              HasSubstr(cat("must be ", pin))));
  const auto json =
      slipway({"plan", "-", "--settings", settings, "--format=json"}, As::kRoot, {}, text);
  EXPECT_THAT(json.out, AllOf(HasSubstr(pin), HasSubstr("\"retries\""), Not(HasSubstr("secret"))));
}

TEST_F(Transfers, TheOperatorsSecretsReachTheirOriginAndNothingElse) {
  RawServer other([](Exchange& exchange) { exchange.respond("200 OK", "data"); });
  RawServer server([&](Exchange& exchange) {
    exchange.respond("302 Found", "", cat("Location: ", other.uri("/y", "localhost"), "\r\n"));
  });
  dir_.write(cat("headers/127.0.0.1:", server.port()), "X-Token: marker1\n", 0600);
  const std::string netrc =
      dir_.write("netrc", "machine 127.0.0.1 login me password marker2\n", 0600);
  const std::string settings = dir_.write(
      "s.toml", cat("[fetch]\nnetrc = \"", netrc, "\"\nheaders = \"", dir_ / "headers", "\"\n"));
  for (const As as : {As::kRoot, As::kRootForUser}) {
    const auto result =
        run_anew(shell_entry("cat x; env", uri(server.uri("/x"), R"("cache":true)")),
                 {"--settings", settings, "-v"}, as);
    EXPECT_THAT(result.out, HasSubstr("data")) << result.err;
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("marker")));
    expect_nowhere_in("marker", {sandbox(sandbox_number_), cache(as)});
  }
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(header_in(server.requests()[0], "X-Token"), "marker1");
  EXPECT_TRUE(header_in(server.requests()[0], "Authorization")) << "netrc's";
  for (const std::string& request : other.requests()) {
    EXPECT_FALSE(header_in(request, "X-Token"));
    EXPECT_FALSE(header_in(request, "Authorization"));
  }
}

TEST_F(Transfers, WithoutLandlockNothingIsFetchedWhereItIsRequired) {
  const std::string settings = dir_.write("s.toml", "[fetch]\nrequire_landlock = true\n");
  const std::string text = shell_entry("cat x", uri(dir_.write("x", "data")));
  EXPECT_EQ(run_anew(text, {"--settings", settings}).out, "data") << "this kernel has it";
  in_front_ = {dir_ / "without_calls", cat(ENOSYS), cat(SYS_landlock_create_ruleset)};
  EXPECT_EQ(run_anew(text).out, "data");
  EXPECT_THAT(read_file(sandbox(sandbox_number_) + "/.slipway/report.jsonl"),
              HasSubstr(R"("event":"no-landlock")"));
  EXPECT_THAT(slipway({"report", sandbox(sandbox_number_)}).out,
              HasSubstr("warning: the kernel offers no Landlock"));
  const auto refused = run_anew(text, {"--settings", settings});
  EXPECT_EQ(refused.exit_code, 125);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("Landlock"), HasSubstr("require_landlock"),
                                 HasSubstr("[E-LANDLOCK]")));
  EXPECT_THAT(placed_now(), IsEmpty());
}

TEST_F(Transfers, WhatAServerSaysBesideAnErrorIsTold) {
  RawServer server([](Exchange& exchange) {
    exchange.respond("403 Forbidden", "<Error><Code>AccessDenied</Code>\n</Error>",
                     "Content-Type: application/xml\r\n");
  });
  const auto result = run_anew(shell_entry("cat x", uri(server.uri("/x"))));
  EXPECT_THAT(result.err, HasSubstr("AccessDenied"));
}

// Resumption.

// Sends half of the body, then ends; to a Range of the same version the rest.
class HalfServer {
 public:
  explicit HalfServer(std::string body) : body_(std::move(body)) {}

  RawServer::Handler handler() {
    return [this](Exchange& exchange) {
      const auto range = exchange.header("Range");
      if (!range) {
        exchange.send(cat("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: ", body_.size(),
                          "\r\n\r\n", body_.substr(0, body_.size() / (whole_next ? 1 : 2))));
        if (stalls) exchange.wait(60s);
        return;
      }
      const std::size_t from = std::stoul(range->substr(std::string("bytes=").size()));
      resumed_from = from;
      exchange.respond("206 Partial Content", body_.substr(from),
                       cat("ETag: \"v1\"\r\nContent-Range: bytes ", from, '-', body_.size() - 1,
                           '/', body_.size(), "\r\n"));
    };
  }

  std::atomic<bool> stalls = false;
  std::atomic<bool> whole_next = false;  // what is asked for without a Range is sent whole
  std::atomic<std::size_t> resumed_from = 0;

 private:
  std::string body_;
};

std::string three_megabytes() {
  std::string body;
  for (int i = 0; body.size() < 3'000'000; ++i) body += cat(i, '\n');
  return body;
}

TEST_F(Transfers, WhatBrokeOffIsContinued) {
  const std::string body = three_megabytes();
  HalfServer half(body);
  RawServer server(half.handler());
  const auto result = run_anew(shell_entry("sha256sum x", uri(server.uri("/x"))));
  EXPECT_THAT(result.out, HasSubstr(fetcher::sha256_hex(body))) << result.err;
  EXPECT_EQ(half.resumed_from, body.size() / 2);
  EXPECT_EQ(server.requests().size(), 2U);
}

// Promise 18.
TEST_F(Transfers, ARunThatWasKilledIsContinuedByTheNext) {
  const std::string body = three_megabytes();
  HalfServer half(body);
  half.stalls = true;
  RawServer server(half.handler());
  const std::string text =
      dir_.write("e.json", shell_entry("sha256sum x", uri(server.uri("/x"), R"("cache":true)")));
  make_sandbox(As::kRoot, 77);
  {
    RunningProgram killed(command(
        {"run", text, "--sandbox", sandbox(77), "--cache-dir", cache(As::kRoot)}, As::kRoot));
    const std::string partial = cat(cache(As::kRoot), "/v1/partial");
    std::uintmax_t received = 0;
    for (int i = 0; i < 600 && received < 1U << 20; ++i) {
      std::this_thread::sleep_for(50ms);
      if (!exists(partial)) continue;
      for (const auto& each : std::filesystem::directory_iterator(partial)) {
        received = std::max(received, each.file_size());
      }
    }
    ASSERT_GE(received, 1U << 20) << killed.err();
    killed.signal(SIGKILL);
    killed.wait();
  }
  half.stalls = false;
  const auto result = run_anew(read_file(text));
  EXPECT_THAT(result.out, HasSubstr(fetcher::sha256_hex(body))) << result.err;
  EXPECT_GE(half.resumed_from, 1U << 20) << "from what was left";
  EXPECT_EQ(server.requests().size(), 2U);
}

// What a disk does that cannot take it, and a kernel that has let go of it.
TEST_F(Transfers, WhatWasLeftAndIsNoLongerWhatWasReceivedIsFetchedAnew) {
  const std::string body = three_megabytes();
  HalfServer half(body);
  RawServer server(half.handler());
  const std::string text = shell_entry("sha256sum x", uri(server.uri("/x"), R"("cache":true)"));
  EXPECT_EQ(run_anew(text, {"--retries=0"}).exit_code, 125);
  int spoilt = 0;
  for (const auto& each :
       std::filesystem::directory_iterator(cat(cache(As::kRoot), "/v1/partial"))) {
    if (each.path().extension() == ".body") continue;
    ++spoilt;
    const Fd file = *sys::open_at(AT_FDCWD, each.path().string(), O_WRONLY);
    EXPECT_TRUE(sys::write_all_at(file.get(), std::vector<std::byte>(4096), 1 << 20));
  }
  EXPECT_EQ(spoilt, 1);
  half.whole_next = true;
  const auto result = run_anew(text);
  EXPECT_THAT(result.out, HasSubstr(fetcher::sha256_hex(body))) << result.err;
  EXPECT_EQ(half.resumed_from, 0U);
}

// Relative paths.

TEST_F(Transfers, F12ARelativePathIsBelowFrameworksHome) {
  dir_.write("home/sub/test", "content");
  const std::string text = shell_entry("cat test", uri("sub/test"));
  const auto without = run_anew(text);
  EXPECT_EQ(without.exit_code, 125);
  EXPECT_THAT(without.err, HasSubstr("frameworks_home"));
  const std::string settings =
      dir_.write("s.toml", cat("[fetch]\nframeworks_home = \"", dir_ / "home", "\"\n"));
  const auto with = run_anew(text, {"--settings", settings});
  EXPECT_EQ(with.out, "content") << with.err;
}

}  // namespace
}  // namespace slipway::tests
