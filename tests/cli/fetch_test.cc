// Fetching and placing, through the built programs and real servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "fetcher/archive/archive_format.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"
#include "tests/support/nginx.h"
#include "tests/support/raw_server.h"
#include "tests/support/running_program.h"
#include "tests/support/sanitized.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

INSTANTIATE_TEST_SUITE_P(All, FetchAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(FetchAs, F01F11F15LocalFilesInEachSpelling) {
  const std::string path = dir_.write("from/test", "data");
  for (const std::string& spelling :
       {path, "file://" + path, "file://localhost" + path, "\r\n\t " + path}) {
    std::string escaped = spelling;
    if (escaped[0] == '\r') escaped.replace(0, 4, "\\r\\n\\t ");
    const auto result =
        run_anew(shell_entry("cat test; stat -c ' %a %u' test", uri(escaped)), {}, GetParam());
    EXPECT_EQ(result.out, cat("data 644 ", GetParam() == As::kRoot ? "0" : "65534", "\n"))
        << result.err;
  }
}

TEST_P(FetchAs, F16F17ExecutableMeansAllThreeBitsAndOtherwiseNone) {
  const std::string path = dir_.write("program", "#!/bin/sh\nexit 5\n", 0644);
  EXPECT_EQ(
      run_anew(shell_entry("stat -c %a program", uri(path, R"("extract":false)")), {}, GetParam())
          .out,
      "644\n");
  EXPECT_EQ(run_anew(shell_entry("stat -c %a program; ./program",
                                 uri(path, R"("extract":false,"executable":true)")),
                     {}, GetParam())
                .out,
            "755\n");
}

TEST_P(FetchAs, HttpAndHttpsFilesArriveWhole) {
  Nginx nginx;
  std::string big;
  for (int i = 0; i < 300'000; ++i) big += cat(i, " ");
  nginx.write("dir/big", big);
  const auto words = [&](std::string_view from) { return shell_entry("cksum < big", uri(from)); };
  const std::string expected =
      run_program({"cksum"}, {.env = {}, .cwd = "", .stdin_text = big, .user = {}}).out;
  make_sandbox(GetParam());
  EXPECT_EQ(
      slipway({"run", "-", "--sandbox", sandbox()}, GetParam(), {}, words(nginx.http("/dir/big")))
          .out,
      expected);
  const auto https = slipway({"run", "-", "--sandbox", sandbox()}, GetParam(),
                             {"SSL_CERT_FILE=" + nginx.ca_file()}, words(nginx.https("/dir/big")));
  EXPECT_EQ(https.out, expected) << https.err;
  const auto untrusted =
      slipway({"run", "-", "--sandbox", sandbox()}, GetParam(), {}, words(nginx.https("/dir/big")));
  EXPECT_EQ(untrusted.exit_code, 125);
  EXPECT_THAT(untrusted.err, HasSubstr("certificate"));
}

TEST_P(FetchAs, C07AnUncachedArchiveIsExtractedAndStays) {
  const auto result = run(
      shell_entry("./command && cat proof sub/file", uri(make_archive("a.tar.gz"))), GetParam());
  EXPECT_EQ(result.out, "content") << result.err;
  EXPECT_THAT(placed(), ElementsAre("a.tar.gz", "command", "proof", "sub/", "sub/file"));
  EXPECT_EQ(mode_of(sandbox() + "/a.tar.gz"), mode_t{0644});
}

// Promise 15: the server names nothing.
TEST_F(Fetch, TheEntryNamesTheFileWhateverTheServerSays) {
  RawServer server([](Exchange& exchange) {
    exchange.respond("200 OK", "content",
                     "Content-Disposition: attachment; filename=../evil\r\n"
                     "Content-Location: /elsewhere/evil\r\n");
  });
  const auto result = run(shell_entry("cat x", uri(server.uri("/x"))));
  EXPECT_EQ(result.out, "content") << result.err;
  EXPECT_THAT(placed(), ElementsAre("x"));
}

TEST_P(FetchAs, C08ACachedArchiveIsExtractedAndGone) {
  const std::string text =
      shell_entry("./command", uri(make_archive("a.tar.gz"), R"("cache":true)"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(run_anew(text, {}, GetParam()).exit_code, 0);
    EXPECT_THAT(placed_now(), ElementsAre("command", "proof", "sub/", "sub/file"));
    EXPECT_EQ(cached_entries(GetParam()), 1U);
  }
}

TEST_F(Fetch, EveryFormatOfTheTableIsExtracted) {
  for (const auto& row : fetcher::kArchiveFormats) {
    if (row.format != fetcher::ArchiveFormat::kTar) continue;
    const std::string path = make_archive(cat("a", row.suffix));
    // A tar that was not compressed would be unpacked under any name.
    EXPECT_EQ(read_file(path).find("ustar") != std::string::npos, row.suffix == ".tar") << path;
    EXPECT_EQ(run_anew(shell_entry("cat sub/file", uri(path))).out, "content") << path;
  }
  ASSERT_EQ(run_program({"python3", "-c",
                         "import shutil,sys; shutil.make_archive(sys.argv[1],'zip',sys.argv[2])",
                         dir_ / "z", dir_ / "tree"})
                .exit_code,
            0);
  EXPECT_EQ(run_anew(shell_entry("cat sub/file", uri(dir_ / "z.zip"))).out, "content");
  dir_.write("lone", "lone content");
  ASSERT_EQ(run_program({"gzip", dir_ / "lone"}).exit_code, 0);
  EXPECT_EQ(run_anew(shell_entry("cat lone", uri(dir_ / "lone.gz"))).out, "lone content") << "F20";
  EXPECT_EQ(
      run_anew(shell_entry("cat custom", uri(dir_ / "lone.gz", R"("output_file":"custom.gz")")))
          .out,
      "lone content")
      << "F25";
}

TEST_F(Fetch, F18AnUncompressedTarMayBeCalledTarGzAndAbsoluteMembersStayInside) {
  make_archive("a.tar");
  fs::copy_file(dir_ / "a.tar", dir_ / "b.tar.gz");
  EXPECT_EQ(run_anew(shell_entry("cat sub/file", uri(dir_ / "b.tar.gz"))).out, "content");
  ASSERT_EQ(run_program({"tar", "-cPf", dir_ / "c.tar", dir_ / "tree/sub/file"}).exit_code, 0);
  EXPECT_EQ(run_anew(shell_entry(cat("cat ./", dir_ / "tree/sub/file"), uri(dir_ / "c.tar"))).out,
            "content");
}

TEST_F(Fetch, F06F24OutputFileMayBeInASubdirectory) {
  const std::string path = dir_.write("test", "data");
  run(shell_entry("true", cat(uri(path, R"("output_file":"subdir/custom.txt")"), ",",
                              uri(path, R"("output_file":"custom.txt")"))));
  EXPECT_THAT(placed(), ElementsAre("custom.txt", "subdir/", "subdir/custom.txt"));
}

TEST_F(Fetch, LaterUrisReplaceWhatEarlierOnesPlacedInTheOrderOfTheEntry) {
  make_archive("a.tar");
  const std::string mine = dir_.write("mine", "mine");
  const std::string own = uri(mine, R"("output_file":"sub/file")");
  EXPECT_EQ(run_anew(shell_entry("cat sub/file", cat(uri(dir_ / "a.tar"), ",", own))).out, "mine");
  EXPECT_EQ(run_anew(shell_entry("cat sub/file", cat(own, ",", uri(dir_ / "a.tar")))).out,
            "content");
}

TEST_P(FetchAs, ARerunInTheSameSandboxReplacesByRename) {
  const std::string path = dir_.write("x", "one");
  make_archive("a.tar.gz");
  const std::string text =
      shell_entry("cat x sub/file; stat -c ' %i' x", cat(uri(path), ",", uri(dir_ / "a.tar.gz")));
  const auto first = run(text, GetParam());
  dir_.write("x", "two");
  const auto second = run(text, GetParam());
  EXPECT_THAT(first.out, ::testing::StartsWith("onecontent ")) << first.err;
  EXPECT_THAT(second.out, ::testing::StartsWith("twocontent ")) << second.err;
  EXPECT_NE(first.out.substr(10), second.out.substr(10)) << "another inode";
}

TEST_F(Fetch, ALinkInTheSandboxIsReplacedAndNotFollowed) {
  make_sandbox(As::kRoot);
  const std::string victim = dir_.write("victim", "untouched");
  ASSERT_EQ(::symlink(victim.c_str(), (sandbox() + "/x").c_str()), 0);
  run(shell_entry("true", uri(dir_.write("x", "new"))));
  EXPECT_EQ(read_file(victim), "untouched");
  EXPECT_EQ(read_file(sandbox() + "/x"), "new");
}

// An agent without filesystem/linux makes one for each persistent volume, before the fetch.
TEST_P(FetchAs, ALinkInTheSandboxWhereADirectoryIsToBeIsAnErrorAndStays) {
  make_sandbox(GetParam());
  const std::string link = sandbox() + "/sub";
  ASSERT_EQ(::symlink(dir_.make_directory("volume").c_str(), link.c_str()), 0);
  const std::string file = dir_.write("x", "new");
  for (const std::string& text :
       {uri(make_archive("a.tar")), uri(file, R"("output_file":"sub/x")")}) {
    const auto result = run(shell_entry("true", text), GetParam());
    EXPECT_EQ(result.exit_code, 125);
    EXPECT_THAT(result.err, HasSubstr("a symbolic link stands where the directory 'sub' would"));
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_TRUE(fs::is_empty(dir_ / "volume"));
  }
}

TEST_F(Fetch, F04F09U03X19EveryFailedUriIsReportedAndNothingIsPlaced) {
  Nginx nginx;
  nginx.write("good", "data");
  const auto result =
      run(shell_entry("touch started",
                      cat(uri(nginx.http("/missing1")), ",", uri(nginx.http("/good")), ",",
                          uri(dir_ / "missing2"), ",", uri("http://127.0.0.1:1/refused"))),
          As::kRoot, {"--retries=0"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(HasSubstr("/missing1': the server answered 404"),
                                HasSubstr("[E-FETCH-NOT-FOUND]"), HasSubstr("missing2"),
                                HasSubstr("/refused'"), HasSubstr("Connection refused")));
  EXPECT_THAT(result.err, HasSubstr("3 of 4 URIs failed"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 5)
      << "one line for each URI, and one for all\n"
      << result.err;
  EXPECT_THAT(placed(), IsEmpty());
  fs::remove(sandbox() + "/.slipway/report.jsonl");
  fs::remove(sandbox() + "/.slipway/attempt.json");
  EXPECT_TRUE(fs::is_empty(sandbox() + "/.slipway"));
}

TEST_F(Fetch, F14F27BlanksInFrontAndTheAgentsSslVariablesChangeNothing) {
  Nginx nginx;
  nginx.write("test", "data");
  const auto result =
      slipway({"run", "-", "--sandbox", sandbox()}, As::kRoot,
              {"LIBPROCESS_SSL_ENABLED=true", "SSL_ENABLED=true", "MESOS_LOGGING_LEVEL=nonsense"},
              shell_entry("cat test", uri(cat("\\r\\n\\t ", nginx.http("/test")))));
  EXPECT_EQ(result.out, "data") << result.err;
}

TEST_F(Fetch, ATruncatedBodyIsAnErrorAndLeavesNothing) {
  RawServer server([](Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this");
  });
  const auto result = run(shell_entry("touch started", uri(server.uri("/x"), R"("cache":true)")));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("[E-FETCH-TRANSIENT]"));
  EXPECT_THAT(placed(), IsEmpty());
  EXPECT_EQ(cached_entries(), 0U);
}

TEST_F(Fetch, M11NothingIsVisibleBeforeItIsCompleteAndAKillLeavesNothingBehind) {
  std::atomic<bool> half_sent = false;
  RawServer server([&](Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
    half_sent = true;
    exchange.wait(std::chrono::seconds(20));
  });
  make_sandbox(As::kRoot);
  const std::string file =
      dir_.write("e.json", shell_entry("touch started", uri(server.uri("/x"), R"("cache":true)")));
  RunningProgram program(
      {program_, "run", file, "--sandbox", sandbox(), "--cache-dir", cache(As::kRoot)});
  for (int i = 0; i < 1000 && !half_sent; ++i) ::usleep(10'000);
  ASSERT_TRUE(half_sent);
  EXPECT_THAT(placed(), IsEmpty());
  program.signal(SIGKILL);
  EXPECT_EQ(program.wait(), 128 + SIGKILL);
  EXPECT_THAT(placed(), IsEmpty());
  EXPECT_EQ(cached_entries(), 0U);
  const std::string path = dir_.write("y", "next");
  RunResult next;
  for (int i = 0; i < 50; ++i) {  // the fetcher dies with its parent, within moments
    next = run(shell_entry("cat y", uri(path)));
    if (next.exit_code == 0) break;
    ::usleep(20'000);
  }
  EXPECT_EQ(next.out, "next") << next.err;
  EXPECT_THAT(placed(), ElementsAre("y"));
}

TEST_F(Fetch, AnArchiveThatBreaksLateLeavesNothing) {
  Nginx nginx;
  std::string bytes = read_file(make_archive("a.tar.gz"));
  bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] ^ 1);  // in the trailer's CRC
  nginx.write("a.tar.gz", bytes);
  for (const char* flags : {R"("cache":false)", R"("cache":true)"}) {
    const auto result = run_anew(shell_entry("touch started", uri(nginx.http("/a.tar.gz"), flags)));
    EXPECT_EQ(result.exit_code, 125);
    EXPECT_THAT(result.err, HasSubstr("extracting it (tar)"));
    EXPECT_THAT(placed_now(), IsEmpty());
  }
}

TEST_F(Fetch, AnArchiveMayNotReachIntoSlipwaysOwnPlace) {
  dir_.write("evil/.slipway/stage/x", "x");
  ASSERT_EQ(run_program({"tar", "-cf", dir_ / "e.tar", "-C", dir_ / "evil", ".slipway"}).exit_code,
            0);
  dir_.write("good/x", "x");
  ASSERT_EQ(run_program({"tar", "-cf", dir_ / "g.tar", "-C", dir_ / "good", "x"}).exit_code, 0);
  const auto result =
      run(shell_entry("touch started", cat(uri(dir_ / "g.tar"), ",", uri(dir_ / "e.tar"))));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, ContainsRegex("placing '[^']*/e.tar': the archive holds '.slipway', "
                                        "which is slipway's own place.*E-FETCH-ARCHIVE"));
  EXPECT_THAT(placed_now(), IsEmpty());
}

// The order goes through a file in memory, which the limit holds for too (memfd_create(2)).
TEST_F(Fetch, ALimitOnFileSizesIsSaidSo) {
  const std::string data = dir_.write("data", "data");
  for (const char* limit : {"0", "100", "4096"}) {
    in_front_ = {"prlimit", cat("--fsize=", limit)};
    const auto result =
        run_anew(shell_entry("true", uri(data, R"("output_file":"x","cache":true)")));
    EXPECT_THAT(result.exit_code, AnyOf(0, 125)) << limit;
    EXPECT_THAT(result.err, Not(HasSubstr("signal"))) << limit;
    if (result.exit_code == 125) {
      EXPECT_THAT(result.err, HasSubstr("File too large")) << limit;
    }
  }
}

TEST_F(Fetch, ALackOfMemoryIsThisHostsFailure) {
  if (kIsSanitized) return;  // a sanitizer's shadow needs terabytes of addresses
  dir_.write("tree/big", std::string(5'000'000, 'x'));
  const std::string archive = make_archive("a.tar.xz");
  int lacked = 0;
  for (int megabytes = 40; megabytes < 300; megabytes += 5) {
    in_front_ = {"prlimit", cat("--as=", megabytes * 1'000'000)};
    const auto result = run_anew(shell_entry("true", uri(archive)));
    if (result.exit_code == 0) break;
    EXPECT_THAT(result.err, AllOf(Not(HasSubstr("terminate called")), Not(HasSubstr("signal 6"))))
        << megabytes;
    lacked += result.err.find("E-FETCH-LOCAL") != std::string::npos ? 1 : 0;
  }
  EXPECT_GT(lacked, 0);
}

TEST_F(Fetch, F05RootReadsLocalFilesWithTheRightsOfTheTasksUser) {
  const std::string path = dir_.write("secret", "data", 0600);
  const auto result = run(shell_entry("cat secret", uri(path)), As::kRootForUser);
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(HasSubstr("Permission denied"), HasSubstr("[E-FETCH-AUTH]")));
  EXPECT_EQ(run_anew(shell_entry("cat secret", uri(path))).out, "data");
}

TEST_F(Fetch, LocalSourcesThatAreNoFilesAreRefusedWithoutBlocking) {
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0666), 0);
  for (const std::string& path : {dir_ / "fifo", dir_.path(), std::string("/dev/zero")}) {
    const auto result = run(shell_entry("touch started", uri(path)));
    EXPECT_EQ(result.exit_code, 125) << path;
    EXPECT_THAT(placed(), IsEmpty());
  }
}

TEST_F(Fetch, SecretsOfUrisAppearNowhere) {
  Nginx nginx;
  nginx.write("x", "data");
  std::string with_password = nginx.http("/x?token=marker");
  with_password.insert(7, "user:marker@");
  for (const std::string& from : {with_password, cat("http://user:marker@127.0.0.1:1/y?marker")}) {
    const auto result = run_anew(
        shell_entry("env; cat /proc/self/cmdline", uri(from, R"("cache":true,"output_file":"x")")),
        {"-v"});
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("marker")));
    EXPECT_EQ(result.exit_code, from == with_password ? 0 : 125) << result.err;
  }
  EXPECT_THAT(slipway({"cache", "ls", "--cache-dir", cache(As::kRoot)}).out, HasSubstr("/x?…"));
  expect_nowhere_in("marker", {cache(As::kRoot)});
  // The record holds the entry as it was given, for its user only.
  EXPECT_EQ(run_program({"grep", "-r", "--exclude=entry.json", "marker", sandbox(1)}).exit_code, 1);
  EXPECT_EQ(mode_of(sandbox(1) + "/.slipway"), 0700U);
  EXPECT_EQ(mode_of(sandbox(1) + "/.slipway/entry.json"), 0600U);
}

TEST_F(Fetch, SecretsInTheNameOfAFileAppearInNoMessage) {
  Nginx nginx;
  nginx.write("x", "data");
  make_sandbox(As::kRoot);
  dir_.make_directory("sandbox-0/x?token=marker");
  const auto clash = run(shell_entry("true", uri(nginx.http("/x?token=marker"))));
  EXPECT_EQ(clash.exit_code, 125);
  EXPECT_THAT(clash.err, AllOf(HasSubstr("x?…"), Not(HasSubstr("marker"))));
  dir_.write("lone", "lone");
  ASSERT_EQ(run_program({"gzip", dir_ / "lone"}).exit_code, 0);
  fs::copy_file(dir_ / "lone.gz", nginx.docroot() + "/x", fs::copy_options::overwrite_existing);
  const auto gzip = run(shell_entry("true", uri(nginx.http("/x?token=marker.gz"))));
  EXPECT_EQ(gzip.exit_code, 125) << "the directory of before";
  EXPECT_THAT(gzip.err, Not(HasSubstr("marker")));
  for (const std::string& bad : {nginx.http(cat("/x?", std::string(300, 'y'), "marker")),
                                 std::string("http://user:mark/marker@127.0.0.1/x")}) {
    const auto result = run_anew(shell_entry("true", uri(bad)));
    EXPECT_EQ(result.exit_code, 125);
    EXPECT_THAT(result.err, Not(HasSubstr("marker")));
  }
  const auto syntax = run_anew("{\"value\": \"http://user:marker@h/x\n\"}");
  EXPECT_THAT(syntax.err, AllOf(HasSubstr("not JSON"), Not(HasSubstr("marker"))));
}

// Nothing is left of ".gz" less its suffix: what a message must not show is then not the empty
// text.
TEST_F(Fetch, ANameThatIsNothingButASuffixMakesNoEndlessMessage) {
  Nginx nginx;
  if (!kIsSanitized) in_front_ = {"prlimit", cat("--as=", std::uint64_t{1} << 32)};
  const auto result = run_anew(shell_entry("true", uri(nginx.http("/missing?token=/.gz"))));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(HasSubstr("404"), Not(HasSubstr("token"))));
}

TEST_F(Fetch, NoProcessShowsASecretInItsArgumentsOrEnvironment) {
  std::atomic<bool> asked = false;
  RawServer server([&](Exchange& exchange) {
    asked = true;
    exchange.wait(std::chrono::seconds(20));
  });
  std::string from = server.uri("/x?marker");
  from.insert(7, "user:marker@");
  make_sandbox(As::kRoot);
  const std::string file = dir_.write("e.json", shell_entry("true", uri(from)));
  RunningProgram program({program_, "run", file, "--sandbox", sandbox()});
  for (int i = 0; i < 1000 && !asked; ++i) ::usleep(10'000);
  ASSERT_TRUE(asked);
  const std::string child = std::to_string(program.pid());
  const std::string fetcher = run_program({"pgrep", "-P", child}).out;
  ASSERT_NE(fetcher, "");
  for (const std::string& pid : {child, fetcher.substr(0, fetcher.find('\n'))}) {
    const std::string seen =
        read_file(cat("/proc/", pid, "/cmdline")) + read_file(cat("/proc/", pid, "/environ"));
    EXPECT_THAT(seen, AllOf(HasSubstr("slipway"), Not(HasSubstr("marker"))));
  }
}

TEST_F(Fetch, RealRootReadsAndPlacesWhateverOwnerFilesHave) {
  const std::string path = dir_.write("theirs", "data", 0600);
  ASSERT_EQ(::chown(path.c_str(), kNobody, kNobody), 0);
  make_sandbox(As::kOrdinaryUser);
  EXPECT_EQ(run(shell_entry("cat theirs", uri(path))).out, "data");
}

}  // namespace
}  // namespace slipway::tests
