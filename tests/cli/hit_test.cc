// What is on this host is served without starting slipway-fetcher, and as slipway-fetcher would.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "fetcher/digest.h"
#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"
#include "tests/cli/held_call.h"
#include "tests/support/nginx.h"
#include "tests/support/running_program.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// The lines of a report that begin or end a URI, or warn; without what differs from run to run.
std::vector<std::string> events_of(const std::string& report) {
  static const std::regex varying(R"-("t":[0-9.e+-]+,|,"times":\{[^}]*\})-");
  std::vector<std::string> events;
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(R"("event":"fetch-)") != std::string::npos ||
        line.find(R"("event":"warning")") != std::string::npos ||
        line.find(R"("event":"placed")") != std::string::npos) {
      events.push_back(std::regex_replace(line, varying, ""));
    }
  }
  return events;
}

std::vector<std::string> with(const std::vector<std::string>& lines, std::string_view part) {
  std::vector<std::string> found;
  for (const auto& line : lines) {
    if (line.find(part) != std::string::npos) found.push_back(line);
  }
  return found;
}

class Hit : public Fetch {
 protected:
  Hit() { nginx_.write("x", "the data"); }

  // From here on slipway-fetcher is a program that only fails.
  void take_the_fetcher_away() {
    fs::copy_file("/bin/false", dir_ / "prefix/libexec/slipway/slipway-fetcher",
                  fs::copy_options::overwrite_existing);
  }

  // What one launch in a sandbox of its own has told.
  std::vector<std::string> told(const std::string& text, const std::vector<std::string>& words = {},
                                As as = As::kRoot) {
    const auto result = run_anew(text, words, as);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return events_of(read_file(sandbox(sandbox_number_) + "/.slipway/report.jsonl"));
  }

  [[nodiscard]] std::string only_file(As as, const std::string& directory) const {
    return fs::directory_iterator(cat(cache(as), "/v1/", directory))->path();
  }
  // The cached content with another byte in it, and the same size.
  static void damage(const std::string& path) {
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    std::ofstream(path) << "the dAta";
    ASSERT_EQ(::chmod(path.c_str(), 0400), 0);
  }

  [[nodiscard]] std::string cached_entry(std::string_view fragment = "") const {
    return shell_entry("cat x", uri(nginx_.http("/x") + std::string(fragment),
                                    R"("cache":true,"output_file":"x")"));
  }

  static RunningProgram::Setup setup_of(As as) {
    RunningProgram::Setup setup;
    if (as == As::kOrdinaryUser) setup.user = RunOptions::Ids{kNobody, kNobody};
    return setup;
  }

  Nginx nginx_;
};

class HitAs : public Hit, public ::testing::WithParamInterface<As> {};
INSTANTIATE_TEST_SUITE_P(All, HitAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(HitAs, WhatIsCertainToBeGoodInTheCacheIsServedWithoutSlipwayFetcher) {
  const std::string pinned = cached_entry(cat("#sha256=", fetcher::sha256_hex("the data")));
  ASSERT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "the data");
  ASSERT_EQ(run_anew(pinned, {}, GetParam()).out, "the data");
  take_the_fetcher_away();
  const std::size_t requests = nginx_.requests().size();
  for (const char* policy : {"immutable", "offline", "ttl=1h"}) {
    const auto served = run_anew(cached_entry(), {cat("--cache-policy=", policy)}, GetParam());
    EXPECT_EQ(served.out, "the data") << policy << served.err;
    EXPECT_THAT(served.err, HasSubstr("(8 bytes, cache) to 'x'")) << policy;
  }
  EXPECT_EQ(run_anew(pinned, {}, GetParam()).out, "the data");
  EXPECT_EQ(nginx_.requests().size(), requests);
}

TEST_P(HitAs, AnUnchangedLocalFileIsServedWithoutSlipwayFetcher) {
  const std::string path = dir_.write("local", "local data");
  const std::string text = shell_entry("cat local", uri(path, R"("cache":true)"));
  ASSERT_EQ(run_anew(text, {}, GetParam()).out, "local data");
  take_the_fetcher_away();
  const auto result = run_anew(text, {}, GetParam());
  EXPECT_EQ(result.out, "local data") << result.err;
  EXPECT_THAT(result.err, HasSubstr(", cache) to 'local'"));
  dir_.write("local", "changed");
  EXPECT_EQ(run_anew(text, {}, GetParam()).exit_code, 125) << "the cache must be filled";
}

TEST_P(HitAs, UncachedLocalFilesAreCopiedWithoutSlipwayFetcher) {
  const std::string script = dir_.write("script", "#!/bin/sh\necho ran\n", 0744);
  const std::string plain = dir_.write("plain", "plain data", 0666);
  take_the_fetcher_away();
  const auto result =
      run_anew(shell_entry("./script && ./run && cat sub/plain",
                           cat(uri(script), ",",
                               uri("file://" + script, R"("executable":true,"output_file":"run")"),
                               ",", uri(plain, R"("output_file":"sub/plain")"))),
               {}, GetParam());
  EXPECT_EQ(result.out, "ran\nran\nplain data") << result.err;
  const std::string placed_in = sandbox(sandbox_number_);
  EXPECT_EQ(mode_of(placed_in + "/script"), mode_t{0744});
  EXPECT_EQ(mode_of(placed_in + "/run"), mode_t{0755});
  EXPECT_EQ(mode_of(placed_in + "/sub/plain"), mode_t{0644});
  struct stat owner {};
  ASSERT_EQ(::stat((placed_in + "/run").c_str(), &owner), 0);
  EXPECT_EQ(owner.st_uid, GetParam() == As::kRoot ? 0U : kNobody);
}

TEST_P(HitAs, ManyFilesAreServedAtOnceAndLandWhereTheyBelong) {
  std::string uris;
  for (int i = 0; i < 40; ++i) {
    uris += cat(i == 0 ? "" : ",",
                uri(dir_.write(cat("many/", i), cat(i, " ")),
                    cat(R"("cache":true,"output_file":"d)", i % 4, "/f", i, R"(")")));
  }
  const std::string text = shell_entry("cat d1/f33 d3/f7", uris);
  ASSERT_EQ(run_anew(text, {}, GetParam()).out, "33 7 ");
  take_the_fetcher_away();
  const auto events = told(text, {}, GetParam());
  EXPECT_EQ(with(events, "fetch-start").size(), 40U);
  EXPECT_EQ(with(events, R"("source":"cache")").size(), 40U);
  EXPECT_EQ(placed_now().size(), 44U);
}

TEST_P(HitAs, WhatIsToldIsWhatSlipwayFetcherTells) {
  const std::string local = dir_.write("local", "local data");
  const std::string both =
      cat(uri(nginx_.http("/x"), R"("cache":true)"), ",", uri(local, R"("output_file":"y")"));
  const std::vector<std::string> words{"--cache-policy=immutable", "--parallel=1"};
  ASSERT_EQ(run_anew(shell_entry("cat x", both), {}, GetParam()).out, "the data");
  nginx_.write("other", "something");
  // With a third URI that is in no cache slipway-fetcher does it all.
  auto by_fetcher =
      told(shell_entry("true", cat(both, ",", uri(nginx_.http("/other")))), words, GetParam());
  EXPECT_EQ(std::erase_if(
                by_fetcher,
                [](const auto& line) { return line.find(R"("index":2)") != std::string::npos; }),
            2U);
  take_the_fetcher_away();
  EXPECT_EQ(told(shell_entry("true", both), words, GetParam()), by_fetcher);
}

TEST_P(HitAs, TheStatusDescriptorAndASupervisorSeeTheSame) {
  ASSERT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "the data");
  take_the_fetcher_away();
  in_front_ = {"/bin/sh", "-c", "exec \"$@\" 3>&2", "sh"};
  const auto result =
      run_anew(shell_entry("cat x; exit 7", uri(nginx_.http("/x"), R"("cache":true)")),
               {"--cache-policy=immutable", "--supervise", "--status-fd=3", "-q"}, GetParam());
  EXPECT_EQ(result.exit_code, 7) << result.err;
  EXPECT_EQ(events_of(result.err),
            events_of(read_file(sandbox(sandbox_number_) + "/.slipway/report.jsonl")));
  EXPECT_EQ(events_of(result.err).size(), 3U) << result.err;
}

TEST_P(HitAs, NoLibraryOfTheNetworkOrOfArchivesIsEverOpened) {
  ASSERT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "the data");
  in_front_ = {"/usr/bin/strace", "-f", "-q", "-e", "trace=execve,execveat,open,openat,openat2"};
  const auto result = run_anew(cached_entry(), {"--cache-policy=immutable"}, GetParam());
  EXPECT_EQ(result.out, "the data") << result.err;
  for (const char* part : {"libcurl", "libarchive", "libssl", "libcrypto", "libstdc++", "libz.so",
                           "slipway-fetcher\", [\""}) {
    EXPECT_THAT(result.err, Not(HasSubstr(part)));
  }
  EXPECT_THAT(result.err, HasSubstr("\"v1\"")) << "this is what such a trace looks like";
}

TEST_P(HitAs, PrefetchingWhatIsThereStartsNothing) {
  ASSERT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "the data");
  take_the_fetcher_away();
  const auto result = slipway(
      {"fetch", "-", "--prefetch", "--cache-dir", cache(GetParam()), "--cache-policy=immutable"},
      GetParam(), {}, cached_entry());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr(", cache) into the cache"));
  EXPECT_THAT(nginx_.requests().size(), 1U);
}

TEST_P(HitAs, ADamagedHitIsFinishedBySlipwayFetcherAndEverythingIsToldOnce) {
  nginx_.write("y", "more data");
  const std::string text =
      shell_entry("cat y x", cat(uri(nginx_.http("/y"), R"("cache":true)"), ",",
                                 uri(nginx_.http("/x"), R"("cache":true)")));
  ASSERT_EQ(run_anew(text, {}, GetParam()).out, "more datathe data");
  damage(cat(cache(GetParam()), "/v1/objects/", fetcher::sha256_hex("the data")));
  const auto events = told(text, {"--cache-policy=immutable", "--parallel=1"}, GetParam());
  EXPECT_EQ(with(events, "fetch-start").size(), 2U);
  EXPECT_THAT(with(events, "fetch-end"),
              ElementsAre(HasSubstr(R"("source":"cache")"), HasSubstr(R"("source":"network")")));
  EXPECT_THAT(with(events, "warning"), ElementsAre(HasSubstr("was damaged: fetching it anew")));
  EXPECT_EQ(nginx_.count("GET /x "), 2U);
  EXPECT_EQ(nginx_.count("GET /y "), 1U) << "what was served already is not fetched";
  EXPECT_THAT(placed_now(), ElementsAre("x", "y"));
  EXPECT_EQ(run_anew(text, {"--cache-policy=immutable"}, GetParam()).out, "more datathe data");
}

TEST_P(HitAs, WhatIsStaleOrGoneIsFetched) {
  ASSERT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "the data");
  nginx_.write("x", "newer data");
  EXPECT_EQ(run_anew(cached_entry(), {"--cache-policy=ttl=1h"}, GetParam()).out, "the data");
  EXPECT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "newer data") << "asks the server";
  fs::remove(cat(cache(GetParam()), "/v1/objects/", fetcher::sha256_hex("newer data")));
  EXPECT_EQ(run_anew(cached_entry(), {"--cache-policy=immutable"}, GetParam()).out, "newer data");
  fs::remove(only_file(GetParam(), "uris"));
  EXPECT_EQ(run_anew(cached_entry(), {"--cache-policy=immutable"}, GetParam()).out, "newer data");
}

TEST_P(HitAs, TheServingProcessIsTheUserConfinedAndHasNoLibraryOfTheNetworkInIt) {
  ASSERT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "the data");
  HeldCall held(dir_, "renameat");  // the first file is being placed
  make_sandbox(GetParam(), ++sandbox_number_);
  RunningProgram slipway(held.command(command({"run", dir_.write("e.json", cached_entry()),
                                               "--sandbox", sandbox(sandbox_number_), "--cache-dir",
                                               cache(GetParam()), "--cache-policy=immutable"},
                                              GetParam())),
                         setup_of(GetParam()));
  const pid_t serving = held.is_reached();
  ASSERT_GT(serving, 0);
  EXPECT_NE(serving, slipway.pid());
  for (const pid_t pid : {serving, slipway.pid()}) {
    const std::string maps = read_file(cat("/proc/", pid, "/maps"));
    EXPECT_THAT(maps, AllOf(HasSubstr("/bin/slipway"), Not(HasSubstr("libcurl")),
                            Not(HasSubstr("libarchive")), Not(HasSubstr("libcrypto"))));
  }
  const std::string status = read_file(cat("/proc/", serving, "/status"));
  const unsigned uid = GetParam() == As::kRoot ? 0 : kNobody;
  EXPECT_THAT(status, HasSubstr(cat("Uid:\t", uid, '\t', uid, '\t', uid, '\t', uid, '\n')));
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1\n"));
  // Of real root: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH and CAP_FOWNER.
  EXPECT_THAT(status, HasSubstr(GetParam() == As::kRoot ? "CapPrm:\t000000000000000e\n"
                                                        : "CapPrm:\t0000000000000000\n"));
  EXPECT_EQ(slipway.wait(), 0) << slipway.err();
}

TEST_P(HitAs, AKillAtAnyStepLeavesAllOrNothingAndAGoodCache) {
  ASSERT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "the data");
  int killed = 0;
  const auto kill_at = [&](std::string_view call, int when) {
    in_front_ = {"/usr/bin/strace",
                 "-f",
                 "-q",
                 "-o",
                 "/dev/null",
                 cat("-einject=", call, ":signal=KILL:when=", when)};
    const auto result = run_anew(cached_entry(), {"--cache-policy=immutable"}, GetParam());
    in_front_.clear();
    killed += result.exit_code == 0 ? 0 : 1;
    const std::string placed_file = sandbox(sandbox_number_) + "/x";
    if (exists(placed_file)) {
      EXPECT_EQ(read_file(placed_file), "the data") << call << when;
    }
    // The next launch in the same sandbox finds nothing in its way.
    EXPECT_EQ(run(cached_entry(), GetParam(), {"--cache-policy=immutable"}).out, "the data")
        << call << when;
  };
  for (const char* call : {"openat2", "mkdirat", "renameat", "unlinkat", "fchmod", "pread64",
                           "utimensat", "flock", "close_range", "landlock_restrict_self"}) {
    for (int when = 1; when <= 12; when += 2) kill_at(call, when);
  }
  EXPECT_GT(killed, 12);
  EXPECT_EQ(slipway({"cache", "verify", "--cache-dir", cache(GetParam())}, GetParam()).exit_code,
            0);
  EXPECT_EQ(nginx_.count("GET /x "), 1U) << "the cache was good all the time";
}

// What the cache holds is the user's to change: nothing of it leads root anywhere.
TEST_P(HitAs, AHostileCacheGivesAwayNothing) {
  const std::string secret = dir_.write("secret", "the data", 0600);  // as long as what is cached
  ASSERT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "the data");
  const std::string object = only_file(GetParam(), "objects");
  const std::string entry = only_file(GetParam(), "uris");
  const auto still_served = [&](std::string_view what) {
    const auto result = run_anew(cached_entry(), {"--cache-policy=immutable"}, GetParam());
    EXPECT_EQ(result.out, "the data") << what << result.err;
  };
  std::size_t gets = nginx_.count("GET /x ");
  for (const std::string& planted : {object, entry}) {
    fs::remove(planted);
    fs::create_symlink(secret, planted);
    still_served("a link");
    EXPECT_EQ(nginx_.count("GET /x "), ++gets);
    fs::remove(planted);
    ASSERT_EQ(::mkfifo(planted.c_str(), 0666), 0);
    still_served("a fifo");
    EXPECT_EQ(nginx_.count("GET /x "), ++gets);
    fs::remove(planted);
    fs::create_directory(planted);
    const auto result = run_anew(cached_entry(), {"--cache-policy=immutable"}, GetParam());
    EXPECT_EQ(result.out, "the data") << result.err;
    fs::remove_all(planted);
    still_served("nothing");
    gets = nginx_.count("GET /x ");
  }
  EXPECT_EQ(read_file(secret), "the data");
  EXPECT_EQ(mode_of(secret), mode_t{0600});
}

TEST_F(Hit, AFileThatOnlyRootCanReadIsNotCopiedForAUser) {
  const std::string secret = dir_.write("secret", "secret", 0600);
  const auto result = run_anew(shell_entry("cat secret", uri(secret)), {}, As::kRootForUser);
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(HasSubstr("Permission denied"), HasSubstr("E-FETCH-AUTH")));
  EXPECT_THAT(placed_now(), IsEmpty());
}

TEST_F(Hit, WhatIsWrongWithALocalFileIsSaidAsEver) {
  const std::string path = dir_.write("local", "local data");
  const auto failure = [&](const std::string& uris, const std::vector<std::string>& words = {}) {
    const auto result = run_anew(shell_entry("true", uris), words);
    EXPECT_EQ(result.exit_code, 125);
    EXPECT_THAT(placed_now(), IsEmpty());
    const auto events = events_of(read_file(sandbox(sandbox_number_) + "/.slipway/report.jsonl"));
    EXPECT_EQ(with(events, "fetch-start").size(), 2U) << result.err;
    EXPECT_EQ(with(events, "fetch-end").size(), 2U) << result.err;
    return result.err;
  };
  const std::string good = uri(path, R"("output_file":"good")") + ",";
  EXPECT_THAT(failure(good + uri(dir_ / "missing")), HasSubstr("E-FETCH-NOT-FOUND"));
  EXPECT_THAT(failure(good + uri(cat(path, "#sha256=", std::string(64, '0')))),
              HasSubstr("E-FETCH-CHECKSUM"));
  EXPECT_THAT(failure(good + uri(dir_.make_directory("directory"))),
              HasSubstr("E-FETCH-DIRECTORY"));
}

TEST_F(Hit, AChecksumOfALocalFileIsCompared) {
  const std::string path = dir_.write("local", "local data");
  take_the_fetcher_away();
  const std::string good = cat(path, "#sha256=", fetcher::sha256_hex("local data"));
  EXPECT_EQ(run_anew(shell_entry("cat local", uri(good))).out, "local data");
}

TEST_F(Hit, WhatStandsInTheWayIsFoundBeforeAnythingIsPlaced) {
  const std::string path = dir_.write("local", "local data");
  take_the_fetcher_away();
  make_sandbox(As::kRoot, ++sandbox_number_);
  fs::create_directories(sandbox(sandbox_number_) + "/b");
  const auto result = run(shell_entry(
      "true", cat(uri(path, R"("output_file":"a")"), ",", uri(path, R"("output_file":"b")"))));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("a directory stands where the file 'b' would be placed"));
  EXPECT_THAT(placed_now(), ElementsAre("b/"));
}

TEST_F(Hit, APlanSaysSo) {
  ASSERT_EQ(run_anew(cached_entry()).out, "the data");
  const auto planned = [&](const char* policy) {
    return slipway({"plan", "-", "--cache-dir", cache(As::kRoot), policy}, As::kRoot, {},
                   cached_entry())
        .out;
  };
  EXPECT_THAT(planned("--cache-policy=immutable"), HasSubstr("slipway-fetcher is not started"));
  EXPECT_THAT(planned("--cache-policy=revalidate"),
              Not(HasSubstr("slipway-fetcher is not started")));
}

}  // namespace
}  // namespace slipway::tests
