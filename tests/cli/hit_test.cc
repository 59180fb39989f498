// What is on this host is served without starting slipway-fetcher, and as slipway-fetcher would.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "fetcher/base/digest.h"
#include "sandbox/base/text.h"
#include "tests/cli/held_call.h"
#include "tests/cli/hit_fixture.h"
#include "tests/support/running_program.h"
#include "tests/support/sanitized.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

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

TEST_P(HitAs, WhatATaskWritesToAPlacedFileIsNotInTheCache) {
  ASSERT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "the data");
  const auto spoilt = run_anew(
      shell_entry("stat -c %h x; echo more >> x; cat x", uri(nginx_.http("/x"), R"("cache":true)")),
      {"--cache-policy=offline"}, GetParam());
  EXPECT_EQ(spoilt.out, "1\nthe datamore\n") << spoilt.err;
  EXPECT_EQ(run_anew(cached_entry(), {"--cache-policy=offline"}, GetParam()).out, "the data");
  const As owner = GetParam() == As::kRootForUser ? As::kOrdinaryUser : GetParam();
  const auto verified = slipway({"cache", "verify", "--cache-dir", cache(GetParam())}, owner);
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
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
  for (const char* part :
       {"libcurl", "libarchive", "libssl", "libcrypto", "libz.so", "slipway-fetcher\", [\""}) {
    EXPECT_THAT(result.err, Not(HasSubstr(part)));
  }
  // A sanitizer's runtime brings it.
  EXPECT_TRUE(kIsSanitized || result.err.find("libstdc++") == std::string::npos) << result.err;
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

TEST_P(HitAs, TheServingProcessIsTheUserConfinedAndHasNoLibraryOfTheNetworkInIt) {
  ASSERT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "the data");
  HeldCall held(dir_, "renameat");  // the first file is being placed
  make_sandbox(GetParam(), ++sandbox_number_);
  RunningProgram::Setup setup;
  if (GetParam() == As::kOrdinaryUser) setup.user = RunOptions::Ids{kNobody, kNobody};
  RunningProgram slipway(held.command(command({"run", dir_.write("e.json", cached_entry()),
                                               "--sandbox", sandbox(sandbox_number_), "--cache-dir",
                                               cache(GetParam()), "--cache-policy=immutable"},
                                              GetParam())),
                         setup);
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
