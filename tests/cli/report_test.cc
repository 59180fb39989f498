// What a launch reports, in the sandbox and live, and `slipway report`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Report : public Fetch {
 protected:
  [[nodiscard]] std::string report_file() const {
    return sandbox(sandbox_number_) + "/.slipway/report.jsonl";
  }
  [[nodiscard]] std::string lines() const { return read_file(report_file()); }
  RunResult report(const std::string& what, const std::vector<std::string>& words = {},
                   As as = As::kRoot, std::string stdin_text = "") {
    std::vector<std::string> all{"report", what};
    all.insert(all.end(), words.begin(), words.end());
    return slipway(all, as, {}, std::move(stdin_text));
  }
  // Whoever starts slipway may read the report; -u is no option of the command.
  static As reader(As as) { return as == As::kRootForUser ? As::kRoot : as; }
  // With descriptor 7 open on that file.
  void open_seven(const std::string& redirection) {
    in_front_ = {"/bin/bash", "-c", cat("exec 7", redirection, "; exec \"$@\""), "bash"};
  }
};

class ReportAs : public Report, public ::testing::WithParamInterface<As> {};
INSTANTIATE_TEST_SUITE_P(All, ReportAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(ReportAs, ALaunchLeavesItInTheSandboxForItsUserAlone) {
  const std::string path = dir_.write("from/data", "data");
  ASSERT_EQ(run(shell_entry("true", uri(path)), GetParam()).exit_code, 0);
  EXPECT_EQ(mode_of(report_file()), 0600U);
  struct stat found {};
  ASSERT_EQ(::stat(report_file().c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, GetParam() == As::kRoot ? 0U : kNobody);
  EXPECT_THAT(lines(),
              AllOf(HasSubstr(R"("event":"plan")"), HasSubstr(R"("event":"fetch-start")"),
                    HasSubstr(R"("source":"local","bytes":4)"), HasSubstr(R"("event":"placed")"),
                    HasSubstr(R"("event":"exec","file":"/bin/sh","argv0":"/bin/sh")"),
                    Not(HasSubstr("fetch-progress"))));
  const auto shown = report(sandbox(), {}, reader(GetParam()));
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("until it was executed"), HasSubstr("\ndata "),
                               HasSubstr("(placing)"), HasSubstr("(exec)")));
}

TEST_P(ReportAs, EachLaunchReplacesItAndAReopenedSandboxKeepsIt) {
  run(shell_entry("true"), GetParam());
  run(shell_entry("echo second > proof"), GetParam());
  const std::string before = lines();
  EXPECT_EQ(before.find(R"("event":"plan")"), before.rfind(R"("event":"plan")"));
  const auto reopened = slipway({"shell", sandbox(), "--", "cat", "proof"}, GetParam());
  EXPECT_EQ(reopened.out, "second\n") << reopened.err;
  EXPECT_EQ(lines(), before);
}

TEST_P(ReportAs, TheEndOfASupervisedExecutorIsInIt) {
  EXPECT_EQ(run(shell_entry("exit 3"), GetParam(), {"--supervise"}).exit_code, 3);
  EXPECT_THAT(lines(),
              AllOf(HasSubstr(R"("event":"exec")"), HasSubstr(R"("event":"exit","code":3)"),
                    HasSubstr(R"("max_rss_kib":)")));
  EXPECT_THAT(report(sandbox(), {}, reader(GetParam())).out, HasSubstr("exit:    code 3"));
}

TEST_F(Report, HoldsNoSecret) {
  run(entry(cat(R"({"value":"true s3cret","environment":{"variables":[{"name":"A",)",
                R"("value":"s3cret"}]},"uris":[)",
                uri("http://me:s3cret@127.0.0.1:1/x?token=s3cret"), "]}")),
      As::kRoot, {"--retries", "0"});
  EXPECT_THAT(lines(), AllOf(HasSubstr("127.0.0.1:1/x"), Not(HasSubstr("s3cret"))));
  const auto ran = run(entry(R"({"value":"true s3cret","environment":{"variables":[{"name":"A",)"
                             R"("value":"s3cret"}]}})"));
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(lines(), AllOf(HasSubstr(R"("event":"exec")"), Not(HasSubstr("s3cret"))));
}

TEST_F(Report, NamesTheStageThatFailed) {
  EXPECT_EQ(run_anew(shell_entry("true", uri(dir_ / "missing"))).exit_code, 125);
  EXPECT_THAT(lines(),
              AllOf(HasSubstr(R"("ok":false)"), HasSubstr(R"("event":"failed","stage":"fetch")"),
                    HasSubstr(R"("status":125)")));
  const auto shown = report(sandbox(sandbox_number_));
  EXPECT_THAT(shown.out, AllOf(HasSubstr("until it failed"), HasSubstr("missing"),
                               HasSubstr("exit status 125")));
  EXPECT_EQ(run_anew(program_entry("no-such-program", "")).exit_code, 127);
  EXPECT_THAT(lines(),
              AllOf(HasSubstr(R"("event":"failed","stage":"exec")"), HasSubstr(R"("status":127)")));
}

TEST_F(Report, GoesLiveToTheStatusDescriptorWhichTheExecutorDoesNotGet) {
  open_seven(cat(">", dir_ / "status"));
  const std::string path = dir_.write("from/data", "data");
  const auto result = run(shell_entry("test -e /proc/$$/fd/7 && echo leaked; true", uri(path)),
                          As::kRoot, {"--status-fd", "7"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, IsEmpty());
  const std::string live = read_file(dir_ / "status");
  EXPECT_THAT(live, AllOf(HasSubstr(R"("event":"plan")"), HasSubstr(R"("event":"fetch-end")"),
                          HasSubstr(R"("event":"exec")")));
  in_front_.clear();
  EXPECT_THAT(report(dir_ / "status").out, HasSubstr("until it was executed"));
}

TEST_F(Report, AReaderThatHasGoneIsNoReasonToFail) {
  open_seven("> >(exec true); wait $!");
  const auto result = run(shell_entry("echo ran"), As::kRoot, {"--status-fd", "7"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "ran\n");
}

TEST_F(Report, AStatusDescriptorMustBeOpenForWritingAndNoStandardOne) {
  for (const char* number : {"2", "-1", "x", "99"}) {
    const auto result = run(shell_entry("true"), As::kRoot, {"--status-fd", number});
    EXPECT_EQ(result.exit_code, 125) << number;
    EXPECT_THAT(result.err, HasSubstr("--status-fd")) << number;
  }
  open_seven("</dev/null");
  const auto result = run(shell_entry("true"), As::kRoot, {"--status-fd", "7"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("--status-fd"));
}

TEST_F(Report, ReadsStandardInputAndWritesASummaryAsJson) {
  run(shell_entry("true", uri(dir_.write("from/data", "data"))));
  const auto json = report("-", {"--format", "json"}, As::kRoot, lines());
  EXPECT_EQ(json.exit_code, 0) << json.err;
  EXPECT_THAT(json.out, AllOf(HasSubstr(R"("executor":"test")"), HasSubstr(R"("state":"fetched")"),
                              HasSubstr(R"("argv0":"/bin/sh")")));
}

TEST_F(Report, WhatCannotBeReadIsSaid) {
  for (const std::string& place :
       {dir_ / "nothing", dir_.make_directory("empty"), dir_.write("other", "no report\n")}) {
    const auto result = report(place);
    EXPECT_EQ(result.exit_code, 1) << place;
    EXPECT_THAT(result.err, Not(IsEmpty())) << place;
    EXPECT_THAT(result.out, IsEmpty()) << place;
  }
  EXPECT_EQ(slipway({"report"}).exit_code, 2);
  EXPECT_EQ(slipway({"report", "-", "--", "true"}).exit_code, 2);
}

TEST_F(Report, FollowsNoLinkAndOpensNoFifoThatTheTaskPutThere) {
  run(shell_entry("true"), As::kRootForUser);
  const std::string elsewhere = dir_.write("secret", lines(), 0600);
  std::filesystem::remove(report_file());
  std::filesystem::create_symlink(elsewhere, report_file());
  EXPECT_EQ(report(sandbox()).exit_code, 1);
  std::filesystem::remove(report_file());
  ASSERT_EQ(::mkfifo(report_file().c_str(), 0600), 0);
  ASSERT_EQ(::chown(report_file().c_str(), kNobody, kNobody), 0);
  EXPECT_EQ(report(sandbox()).exit_code, 1);
  std::filesystem::remove(report_file());
  ASSERT_EQ(::link(elsewhere.c_str(), report_file().c_str()), 0);
  EXPECT_EQ(report(sandbox()).exit_code, 1);
}

TEST_F(Report, WhatTheTaskWroteIntoItDoesNotReachTheTerminal) {
  run(shell_entry(
      R"(printf '{"v":1,"t":1,"event":"warning","message":"a\\u001b[2Jb"}\ngarbage\033[1m\n{"v"' >> .slipway/report.jsonl)"));
  const auto shown = report(sandbox());
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("warning: a"), Not(HasSubstr("\x1b")),
                               HasSubstr("lines that could not be read: 1")));
}

TEST_F(Report, WhatTheTaskWroteIntoItDoesNotReachTheTerminalInJsonEither) {
  run(shell_entry(
      R"(printf '{"v":1,"t":1,"event":"warning","message":"\u009b31m\u202eb\u00fc"}\n' >> .slipway/report.jsonl)"));
  const auto shown = slipway({"report", sandbox(), "--format", "json"});
  EXPECT_THAT(shown.out, HasSubstr(R"(\u009b31m\u202eb)"
                                   "\u00fc"));
}

TEST_F(Report, ATaskCannotMakeItEndless) {
  run(shell_entry(
      R"(yes '{"v":1,"t":1,"event":"no-landlock"}' | head -n 20000 >> .slipway/report.jsonl)"));
  const auto shown = report(sandbox());
  EXPECT_THAT(shown.out, HasSubstr("warning: the kernel offers no Landlock"));
  EXPECT_LT(shown.out.size(), 200'000U);
}

TEST_F(Report, AVerboseLaunchShowsItBeforeTheExecutorRuns) {
  make_sandbox(As::kRoot);
  // LC_ALL=C: in a locale of UTF-8 it is drawn with other characters.
  const auto result =
      slipway({"run", "-", "--sandbox", sandbox(), "--cache-dir", cache(As::kRoot), "--verbose"},
              As::kRoot, {"LC_ALL=C"}, shell_entry("true", uri(dir_.write("from/data", "data"))));
  EXPECT_THAT(result.err, AllOf(HasSubstr("(placing)"), HasSubstr("t transfer")));
  EXPECT_THAT(run_anew(shell_entry("true")).err, Not(HasSubstr("transfer")));
}

}  // namespace
}  // namespace slipway::tests
