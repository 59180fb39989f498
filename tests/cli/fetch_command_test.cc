// `slipway fetch`, and what people see while something is fetched.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"
#include "tests/support/nginx.h"
#include "tests/support/raw_server.h"
#include "tests/support/surroundings.h"
#include "tests/support/terminal.h"

namespace slipway::tests {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// 8 MiB in a bit more than a second.
void answer_slowly(Exchange& exchange) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  constexpr std::size_t kPieces = 8;
  bool good =
      exchange.send(cat("HTTP/1.1 200 OK\r\nContent-Length: ", kPieces * kPiece, "\r\n\r\n"));
  for (std::size_t i = 0; good && i < kPieces; ++i) {
    good = exchange.send(std::string(kPiece, 'x')) && exchange.wait(150ms);
  }
}

class FetchCommand : public Fetch {
 protected:
  RunResult fetch(std::string_view text, As as = As::kRoot,
                  const std::vector<std::string>& words = {}) {
    make_sandbox(as);
    std::vector<std::string> all{"--sandbox", sandbox()};
    all.insert(all.end(), words.begin(), words.end());
    return fetch_only(text, as, all);
  }
  RunResult prefetch(std::string_view text, As as = As::kRoot,
                     const std::vector<std::string>& words = {}) {
    std::vector<std::string> all{"--prefetch"};
    all.insert(all.end(), words.begin(), words.end());
    return fetch_only(text, as, all);
  }

  // On a terminal; what that showed until the end.
  std::string shown_on_terminal(const std::vector<std::string>& words,
                                const std::string& kind = "xterm") {
    RawServer server(answer_slowly);
    const std::string file = dir_.write("entry.json", shell_entry("true", uri(server.uri("/big"))));
    std::vector<std::string> all{"fetch", file, "--sandbox", sandbox(), "--no-cache"};
    all.insert(all.end(), words.begin(), words.end());
    RunOptions options;
    options.env = {"PATH=/usr/bin:/bin", "TERM=" + kind};
    options.cwd = start_directory();
    Terminal terminal(command(all, As::kRoot), options);
    EXPECT_EQ(terminal.wait(), 0) << terminal.shown();
    return terminal.shown();
  }

 private:
  RunResult fetch_only(std::string_view text, As as, const std::vector<std::string>& words) {
    std::vector<std::string> all{"fetch", "-", "--cache-dir", cache(as)};
    all.insert(all.end(), words.begin(), words.end());
    return slipway(all, as, {}, std::string(text));
  }
};

class FetchCommandAs : public FetchCommand, public ::testing::WithParamInterface<As> {};
INSTANTIATE_TEST_SUITE_P(All, FetchCommandAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(FetchCommandAs, FillsTheSandboxAndRunsAndMountsNothing) {
  const auto result = fetch(
      shell_entry("touch ran", uri(make_archive("a.tar.gz")),
                  cat(R"("volume_mounts":[{"host_path":"/no/such","container_path":"volume",)",
                      R"("mode":"RO"}])")),
      GetParam());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(placed(), ElementsAre("a.tar.gz", "command", "sub/", "sub/file"));
  EXPECT_TRUE(exists(sandbox() + "/.slipway/report.jsonl"));
}

TEST_P(FetchCommandAs, PrefetchFillsTheCacheAndASandboxIsMadeFromItLater) {
  Nginx nginx;
  nginx.write("a", "content");
  const std::string text = shell_entry("cat a", uri(nginx.http("/a"), R"("cache":true)"));
  const auto result = prefetch(text, GetParam());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("into the cache"));
  EXPECT_FALSE(exists(sandbox()));
  EXPECT_EQ(cached_entries(GetParam()), 1U);
  const auto later = run(text, GetParam(), {"--cache-policy", "offline"});
  EXPECT_EQ(later.out, "content") << later.err;
  EXPECT_EQ(nginx.count("GET /a "), 1U);
}

TEST_F(FetchCommand, PrefetchNamesWhatDoesNotGoThroughTheCache) {
  const std::string cached = dir_.write("from/cached", "1");
  const std::string direct = dir_.write("from/direct", "2");
  const auto result =
      prefetch(shell_entry("true", cat(uri(direct), ",", uri(cached, R"("cache":true)"))));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr(cat("not prefetched: '", direct)));
  EXPECT_EQ(cached_entries(), 1U);
}

TEST_F(FetchCommand, TheReportOfAPrefetchCountsWhatGoesThroughTheCache) {
  const std::string uris = cat(uri(dir_.write("from/direct", "2")), ",",
                               uri(dir_.write("from/cached", "1"), R"("cache":true)"));
  const std::string status = dir_.write("status", "");
  in_front_ = {"/bin/bash", "-c", cat("exec 7>", status, "; exec \"$@\""), "bash"};
  EXPECT_EQ(prefetch(shell_entry("true", uris), As::kRoot, {"--status-fd", "7"}).exit_code, 0);
  EXPECT_THAT(read_file(status),
              AllOf(HasSubstr(R"("uris":1)"), HasSubstr(R"("event":"fetch-end","index":0)"),
                    Not(HasSubstr(R"("index":1)"))));
}

TEST_F(FetchCommand, APrefetchRemovesWhatAKilledOneHasLeftAndNothingThatIsInUse) {
  const std::string left = cache(As::kRoot) + "/stage.1";
  const std::string at_work = cache(As::kRoot) + "/stage.2";
  const std::string new_one = cache(As::kRoot) + "/stage.3";
  for (const auto& path : {left, at_work, new_one}) {
    std::filesystem::create_directories(path + "/0");
    std::ofstream(path + "/0/part") << "half";
  }
  run_program({"touch", "-d", "2 hours ago", left, at_work});
  const Fd lock = *sys::open_at(AT_FDCWD, at_work, O_RDONLY | O_DIRECTORY);
  ASSERT_TRUE(*sys::lock(lock.get(), sys::Lock::kShared));
  const std::string path = dir_.write("from/file", "1");
  const auto result = prefetch(shell_entry("true", uri(path, R"("cache":true)")));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_FALSE(exists(left));
  EXPECT_TRUE(exists(at_work));
  EXPECT_TRUE(exists(new_one)) << "it may be just between two programs";
}

TEST_F(FetchCommand, PrefetchOfSomethingMissingFails) {
  const auto result = prefetch(shell_entry("true", uri(dir_ / "missing", R"("cache":true)")));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("missing"), HasSubstr("1 of 1 URI failed")));
}

TEST_F(FetchCommand, EveryFailedUriIsNamedAndTheyAreCounted) {
  const std::string good = dir_.write("from/good", "1");
  const auto result = fetch(shell_entry(
      "true", cat(uri(dir_ / "missing-1"), ",", uri(good), ",", uri(dir_ / "missing-2"))));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("missing-1"), HasSubstr("missing-2"),
                                HasSubstr("2 of 3 URIs failed")));
  EXPECT_THAT(placed(), IsEmpty());
}

TEST_F(FetchCommand, AsJsonItSaysALineForEachUri) {
  const std::string good = dir_.write("from/good", "12345");
  const auto result = fetch(shell_entry("true", cat(uri(good), ",", uri(dir_ / "missing"))),
                            As::kRoot, {"--format", "json"});
  EXPECT_EQ(result.exit_code, 1);
  const std::size_t end = result.out.find('\n');
  ASSERT_NE(end, std::string::npos) << result.err;
  EXPECT_THAT(result.out.substr(0, end),
              AllOf(HasSubstr(R"("state":"fetched")"), HasSubstr(R"("bytes":5)")));
  EXPECT_THAT(result.out.substr(end), HasSubstr(R"("state":"failed")"));
}

TEST_F(FetchCommand, ContradictionsAreMisuse) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"fetch", "-", "--prefetch", "--no-cache"},
        {"fetch", "-", "--prefetch", "--sandbox", "/x"},
        {"fetch", "-", "--", "true"}}) {
    EXPECT_EQ(slipway(words).exit_code, 2) << words.back();
  }
}

TEST_F(FetchCommand, ATerminalShowsProgressAndIsCleanAfterwards) {
  const std::string shown = shown_on_terminal({});
  EXPECT_THAT(shown, AllOf(ContainsRegex("big .* [1-9][0-9]* kB .*[1-9][0-9]* [kM]B/s"),
                           HasSubstr("0 of 1 URI"), HasSubstr("\x1b[2A")));
  // The line that stays is written after the last frame was taken away.
  const std::size_t erased = shown.rfind("\x1b[J");
  const std::size_t fetched = shown.find("fetched 'http://");
  ASSERT_NE(fetched, std::string::npos) << shown;
  EXPECT_LT(erased, fetched);
}

TEST_F(FetchCommand, WithoutTerminalOrWhereNoneIsWantedThereAreNoEscapes) {
  EXPECT_THAT(shown_on_terminal({}, "dumb"), Not(HasSubstr("\x1b")));
  EXPECT_THAT(shown_on_terminal({"--quiet"}), IsEmpty());
  RawServer server(answer_slowly);
  const auto result = fetch(shell_entry("true", uri(server.uri("/big"))));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("%"))));
}

TEST_F(FetchCommand, ProgressGoesToTheStatusDescriptorAndNotIntoTheSandbox) {
  in_front_ = {"/bin/sh", "-c", R"(exec 7>"$0"; exec "$@")", dir_ / "status"};
  RawServer server(answer_slowly);
  EXPECT_EQ(fetch(shell_entry("true", uri(server.uri("/big"))), As::kRoot, {"--status-fd", "7"})
                .exit_code,
            0);
  EXPECT_THAT(read_file(dir_ / "status"),
              ContainsRegex(R"("event":"fetch-progress","index":0,"uri":"[^"]*","bytes":[1-9])"));
  EXPECT_THAT(read_file(sandbox() + "/.slipway/report.jsonl"), Not(HasSubstr("fetch-progress")));
}

}  // namespace
}  // namespace slipway::tests
