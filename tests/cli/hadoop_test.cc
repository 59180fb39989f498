// The hadoop client, played by a script as Mesos's own tests do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "fetcher/base/digest.h"
#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// Notes how it was called, where it is told to; copies the path of the URI, with noise on standard
// error.
constexpr char kClient[] = R"(#!/bin/sh
[ -z "$HADOOP_CALLS" ] || echo "$0 $*" >> "$HADOOP_CALLS"
case "$1" in
version) echo "Hadoop 3.3.6"; exit 0 ;;
fs)
  echo "WARN util.NativeCodeLoader: Unable to load native-hadoop library" >&2
  [ "$2" = -copyToLocal ] || exit 2
  path="/${3#*://*/}"
  [ -f "$path" ] || { echo "copyToLocal: \`$3': No such file or directory" >&2; exit 1; }
  exec cp "$path" "$4" ;;
esac
exit 3
)";

class Hadoop : public FetchAs {
 protected:
  Hadoop() { install(kClient); }

  void install(std::string_view client) {
    dir_.write("hadoop/bin/hadoop", client, 0755);
    settings_ = dir_.write("s.toml", cat("[fetch]\nhadoop_home = \"", dir_ / "hadoop", "\"\n"));
  }
  RunResult run_with(std::string_view text, std::vector<std::string> words = {}) {
    words.insert(words.end(), {"--settings", settings_});
    return run_anew(text, words, GetParam());
  }
  std::string uri_of(const std::string& path) { return cat("hdfs://localhost", path); }

  std::string settings_;
};

INSTANTIATE_TEST_SUITE_P(All, Hadoop,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(Hadoop, F26TheClientIsCalledAsMesosCallsIt) {
  const std::string path = dir_.write("data", "content");
  make_sandbox(GetParam());
  const auto result =
      slipway({"run", "-", "--sandbox", sandbox(), "--settings", settings_}, GetParam(),
              {cat("HADOOP_CALLS=", sandbox(), "/calls"), "HADOOP_HOME=/elsewhere"},
              shell_entry("cat data", uri(uri_of(path))));
  EXPECT_EQ(result.out, "content") << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("NativeCodeLoader"))) << "shown only where it fails";
  const std::string client = dir_ / "hadoop/bin/hadoop";
  EXPECT_THAT(
      read_file(sandbox() + "/calls"),
      StartsWith(cat(client, " version\n", client, " fs -copyToLocal ", uri_of(path), " /")));
}

TEST_P(Hadoop, AnyOtherSchemeIsTheClientsToo) {
  const std::string path = dir_.write("data", "content");
  for (const char* scheme : {"s3", "s3n", "s3a", "hftp", "viewfs"}) {
    const auto result = run_with(shell_entry("cat data", uri(cat(scheme, "://bucket", path))));
    EXPECT_EQ(result.out, "content") << scheme << ": " << result.err;
  }
}

TEST_P(Hadoop, WhatItBringsIsExtractedCachedAndPinnedLikeEverything) {
  const std::string archive = make_archive("a.tar.gz");
  const std::string text = shell_entry("cat sub/file", uri(uri_of(archive), R"("cache":true)"));
  EXPECT_EQ(run_with(text).out, "content");
  EXPECT_EQ(run_with(text, {"--cache-policy=immutable"}).out, "content");
  EXPECT_EQ(cached_entries(GetParam()), 1U);
  const auto wrong =
      run_with(shell_entry("true", uri(cat(uri_of(archive), "#sha256=", std::string(64, '0')))));
  EXPECT_EQ(wrong.exit_code, 125);
  EXPECT_THAT(wrong.err, HasSubstr("where its checksum says"));
}

// To the client they are letters of a path.
TEST_P(Hadoop, AHashOrABlankInThePathIsAPartOfIt) {
  for (const char* name : {"a#b", "a b", "a%20b"}) {
    const std::string path = dir_.write(name, name);
    const auto text = shell_entry(cat("cat '", name, "'"), uri(uri_of(path)));
    EXPECT_EQ(run_with(text).out, name);
    EXPECT_THAT(run_with(shell_entry("true", uri(uri_of("/no/such/" + std::string(name))))).err,
                AllOf(HasSubstr(cat("/no/such/", name)), HasSubstr("it said:")));
  }
  const auto pinned = run_with(shell_entry(
      "cat 'a#b'", uri(cat(uri_of(dir_ / "a#b"), "#sha256=", fetcher::sha256_hex("a#b")))));
  EXPECT_EQ(pinned.out, "a#b") << pinned.err;
}

TEST_P(Hadoop, WhatItSaysIsToldWhereItFails) {
  const auto result = run_with(shell_entry("true", uri("hdfs://localhost/no/such")));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("ended with status 1"), HasSubstr("No such file or directory"),
                    HasSubstr("[E-FETCH-HADOOP]")));
  EXPECT_THAT(placed_now(), IsEmpty());
}

TEST_P(Hadoop, ASecretInTheUriIsNotTold) {
  const auto result = run_with(shell_entry("true", uri("s3://KEY:SECRET@bucket/no/such")));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, Not(HasSubstr("SECRET")));
}

TEST_P(Hadoop, OutputThatMayHoldAPartOfASecretUriIsNotRepeated) {
  install(
      "#!/bin/sh\n[ \"$1\" = version ] && exit 0\necho \"no ${3##*/} for ${3#*\\?}\" >&2\nexit "
      "1\n");
  const auto result =
      run_with(shell_entry("true", uri("s3a://bucket/part?sig=SECRET", R"("output_file":"o")")));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(HasSubstr("not repeated"), Not(HasSubstr("SECRET"))));
}

TEST_P(Hadoop, AClientThatIsNotThereOrDoesNotWorkIsSaidSo) {
  install("#!/bin/sh\necho 'JAVA_HOME is not set' >&2\nexit 1\n");
  const auto broken = run_with(shell_entry("true", uri("hdfs://localhost/x")));
  EXPECT_EQ(broken.exit_code, 125);
  EXPECT_THAT(broken.err, AllOf(HasSubstr("JAVA_HOME is not set"), HasSubstr("not available")));
  settings_ = dir_.write("none.toml", "[fetch]\nhadoop_home = \"/no/such\"\n");
  const auto none = run_with(shell_entry("true", uri("hdfs://localhost/x")));
  EXPECT_EQ(none.exit_code, 125);
  EXPECT_THAT(none.err, AllOf(HasSubstr("/no/such/bin/hadoop"), HasSubstr("hadoop_home")));
  settings_ = dir_.write("empty.toml", "");
  const auto in_path = run_with(shell_entry("true", uri("hdfs://localhost/x")));
  EXPECT_THAT(in_path.err, HasSubstr("no hadoop client in PATH"));
}

TEST_P(Hadoop, OneThatBringsNothingIsEndedWithAllItStarted) {
  install("#!/bin/sh\n[ \"$1\" = version ] && exit 0\nsleep 297.25\n");
  const auto start = std::chrono::steady_clock::now();
  const auto result = run_with(shell_entry("true", uri("hdfs://localhost/x")),
                               {"--stall-timeout=1s", "--retries=0"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("has brought nothing"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_EQ(run_program({"pgrep", "-f", "sleep 297[.]25"}).exit_code, 1) << "still there";
}

TEST_P(Hadoop, OneThatDoesNotSayItsVersionIsEndedInTimeToo) {
  install("#!/bin/sh\nsleep 296.25\n");
  const auto start = std::chrono::steady_clock::now();
  const auto result =
      run_with(shell_entry("true", uri("hdfs://localhost/x")), {"--timeout=1s", "--retries=0"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(HasSubstr("'hadoop version'"), HasSubstr("in time")));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(15));
  EXPECT_EQ(run_program({"pgrep", "-f", "sleep 296[.]25"}).exit_code, 1) << "still there";
}

TEST_P(Hadoop, TheFetchStageIsStillConfined) {
  install(cat("#!/bin/sh\n[ \"$1\" = version ] && exit 0\necho x > ", dir_ / "outside",
              " || exit 7\n"));
  const auto result = run_with(shell_entry("true", uri("hdfs://localhost/x")));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("status 7"));
  EXPECT_FALSE(exists(dir_ / "outside"));
}

}  // namespace
}  // namespace slipway::tests
