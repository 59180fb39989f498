// G5: the agreement between agent and mesos-fetcher, by hand.
#include <sys/stat.h>
#include <unistd.h>

#include "tests/mesos/mesos_fixture.h"
#include "tests/support/archive_builder.h"
#include "tests/support/sanitized.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;

class MesosFetcherProtocol : public MesosTest {
 protected:
  MesosFetcherProtocol() {
    user_ = "root";
    sandbox_ = agent().make_sandbox({"executor", user_, {}, ""});
  }
  // mesos-fetcher with that text for MESOS_FETCHER_INFO, and words.
  static RunResult start(const std::string& info, std::optional<uid_t> as = {},
                         const std::vector<std::string>& words = {},
                         const std::vector<std::string>& env = {}) {
    RunOptions options;
    options.env = std::vector<std::string>{"PATH=/usr/bin:/bin", "MESOS_FETCHER_INFO=" + info};
    options.env->insert(options.env->end(), env.begin(), env.end());
    if (as) options.user = RunOptions::Ids{*as, *as};
    options.cwd = "/";
    std::vector<std::string> argv{launcher_dir() + "/mesos-fetcher"};
    argv.insert(argv.end(), words.begin(), words.end());
    return run_program(argv, options);
  }
  // With one item: an object's members.
  RunResult start_item(std::string_view item, std::string_view rest = "") {
    return start(cat(R"({"sandbox_directory":")", sandbox_, R"(","cache_directory":")",
                     dir_ / "fetch", R"(","items":[{)", item, "}]", rest, "}"));
  }
  std::string uri(std::string_view rest = "") {
    return cat(R"("uri":{"value":")", dir_.write("from/test", "data"), '"', rest, "}");
  }
};

TEST_F(MesosFetcherProtocol, G5_WhatIsNoFetcherInfoIsExit1) {
  for (const char* info :
       {"", "this is not json", "[]", "7", "{}", R"({"sandbox_directory":""})",
        R"({"sandbox_directory":7})", R"({"sandbox_directory":"/tmp"} trailing)"}) {
    const auto result = start(info);
    EXPECT_EQ(result.exit_code, 1) << info;
    EXPECT_NE(result.err, "") << info;
  }
}

TEST_F(MesosFetcherProtocol, G5_RequiredFieldsAreRequired) {
  EXPECT_EQ(start_item(R"("action":"BYPASS_CACHE")").exit_code, 1);
  EXPECT_EQ(start_item(R"("action":"BYPASS_CACHE","uri":{"cache":false})").exit_code, 1);
  EXPECT_EQ(start_item(uri()).exit_code, 1);
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcherProtocol, G5_AnActionIsAKnownName) {
  for (const char* action : {"0", R"("FETCH")", R"("")", R"("bypass_cache")", "true"}) {
    EXPECT_EQ(start_item(cat(R"("action":)", action, ",", uri())).exit_code, 1) << action;
  }
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcherProtocol, G5_UnknownFieldsStringBooleansEscapedSlashesAndNullAreAccepted) {
  std::string path = dir_.write("from/test", "data");
  for (std::size_t at = 0; (at = path.find('/', at)) != std::string::npos; at += 2) {
    path.insert(at, "\\");
  }
  const auto result = start_item(
      cat(R"("action":"BYPASS_CACHE","new":[1,{"a":2}],"uri":{"value":")", path,
          R"(","executable":"true","extract":"false","output_file":null,"cache":null,"later":1})"),
      R"(,"later":{"x":null},"user":null,"frameworks_home":null,"stall_timeout":null)");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(read_file(in_sandbox("test")), "data");
  EXPECT_EQ(mode_of(in_sandbox("test")), 0755U);
}

TEST_F(MesosFetcherProtocol, G5_ABooleanIsNoNumber) {
  EXPECT_EQ(start_item(cat(R"("action":"BYPASS_CACHE",)", uri(R"(,"extract":1)"))).exit_code, 1);
  EXPECT_EQ(start_item(cat(R"("action":"BYPASS_CACHE",)", uri(R"(,"output_file":1)"))).exit_code,
            1);
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcherProtocol, G5_ExtractIsTheDefault) {
  const std::string tar = dir_.write("from/a.tar", TarBuilder().file("a", "inside").finish());
  const auto result = start_item(cat(R"("action":"BYPASS_CACHE","uri":{"value":")", tar, R"("})"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(fetched(), ElementsAre("a", "a.tar"));
}

TEST_F(MesosFetcherProtocol, G5_WithoutACacheFilenameNothingGoesThroughTheCache) {
  for (const char* action : {"DOWNLOAD_AND_CACHE", "RETRIEVE_FROM_CACHE"}) {
    EXPECT_EQ(start_item(cat(R"("action":")", action, R"(",)", uri())).exit_code, 1) << action;
  }
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcherProtocol, G5_ACacheFilenameDoesNotLeaveTheCache) {
  for (const char* name : {"../escaped", "/escaped", "..", "a/../../escaped"}) {
    const auto result = start_item(
        cat(R"("action":"DOWNLOAD_AND_CACHE","cache_filename":")", name, R"(",)", uri()));
    EXPECT_EQ(result.exit_code, 1) << name;
    EXPECT_FALSE(exists(dir_ / "escaped"));
  }
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcherProtocol, G5_TheCacheDirectoryIsMadeForTheUser) {
  user_ = "nobody";
  sandbox_ = agent().make_sandbox({"executor", user_, {}, ""});
  const auto result =
      start_item(cat(R"("action":"DOWNLOAD_AND_CACHE","cache_filename":"c1-test",)", uri()),
                 R"(,"user":"nobody")");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  struct stat found {};
  ASSERT_EQ(::stat((dir_ / "fetch").c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, kNobody);
  ASSERT_EQ(::stat((dir_ / "fetch/c1-test").c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, kNobody);
}

TEST_F(MesosFetcherProtocol, G5_AFileThatVanishedFromTheCacheIsFetchedDirectly) {
  const auto result =
      start_item(cat(R"("action":"RETRIEVE_FROM_CACHE","cache_filename":"c9-test",)", uri()));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(read_file(in_sandbox("test")), "data");
}

TEST_F(MesosFetcherProtocol, G5_WhatIsInTheCacheIsTakenWithoutLookingAtTheSource) {
  dir_.write("fetch/c1-test", "cached");
  const auto result =
      start_item(cat(R"("action":"RETRIEVE_FROM_CACHE","cache_filename":"c1-test",)", uri()));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(read_file(in_sandbox("test")), "cached");
  EXPECT_EQ(read_file(dir_ / "fetch/c1-test"), "cached");
}

TEST_F(MesosFetcherProtocol, G5_AStallTimeoutOfZeroIsNone) {
  for (const char* time : {"0", "500000000"}) {
    const auto result = start_item(cat(R"("action":"BYPASS_CACHE",)", uri()),
                                   cat(R"(,"stall_timeout":{"nanoseconds":)", time, "}"));
    EXPECT_EQ(result.exit_code, 0) << time << result.err;
  }
  // No time that there can be; but no abort either.
  EXPECT_THAT(start_item(cat(R"("action":"BYPASS_CACHE",)", uri()),
                         R"(,"stall_timeout":{"nanoseconds":-1})")
                  .exit_code,
              Le(1));
}

TEST_F(MesosFetcherProtocol, G5_NoItemsAreASuccess) {
  const auto result = start(cat(R"({"sandbox_directory":")", sandbox_, R"("})"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcherProtocol, G5_HelpIsPrintedAndUnknownFlagsAreRefused) {
  const std::string info = cat(R"({"sandbox_directory":")", sandbox_, R"("})");
  const auto help = start(info, {}, {"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("--logging_level"));
  const auto unknown = start(info, {}, {"--no-such-flag"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("no-such-flag"));
  EXPECT_EQ(start(info, {}, {"--logging_level=WARNING", "--quiet"}).exit_code, 0);
}

TEST_F(MesosFetcherProtocol, G5_AnUnknownUserIsExit1AndNamed) {
  const auto result =
      start_item(cat(R"("action":"BYPASS_CACHE",)", uri()), R"(,"user":"no-such-user")");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no-such-user"));
  EXPECT_THAT(fetched(), IsEmpty());
}

// Who looks for root's name in it must find it: numbers and nothing are no names (os::su).
TEST_F(MesosFetcherProtocol, G5_AUserIsAName) {
  for (const char* user : {"", "0", "65534"}) {
    const auto result =
        start_item(cat(R"("action":"BYPASS_CACHE",)", uri()), cat(R"(,"user":")", user, '"'));
    EXPECT_EQ(result.exit_code, 1) << user;
    EXPECT_THAT(fetched(), IsEmpty()) << user;
  }
}

// Which name service says "nobody" to whoever asks for "Nobody" is for the host to say.
TEST_F(MesosFetcherProtocol, G5_AUserWhomTheNameServiceSpellsOtherwise) {
  if (kIsSanitized) return;  // their runtime must be loaded first
  sandbox_ = agent().make_sandbox({"executor", "nobody", {}, ""});
  const auto info = cat(R"({"sandbox_directory":")", sandbox_,
                        R"(","user":"Nobody","items":[{"action":"BYPASS_CACHE",)", uri(), "}]}");
  EXPECT_EQ(start(info).exit_code, 1) << "without it there is none of that name";
  const auto result =
      start(info, {}, {}, {cat("LD_PRELOAD=", SLIPWAY_BUILD_DIR, "/tests/other_spelling.so")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(fetched(), ElementsAre("test"));
}

TEST_F(MesosFetcherProtocol, G5_ErrorsOfUserAndSandboxHaveTheirCodes) {
  const std::string item = cat(R"("action":"BYPASS_CACHE",)", uri());
  EXPECT_THAT(start_item(item, R"(,"user":"no-such-user")").err, HasSubstr("[E-USER]"));
  const auto info = [&](std::string_view user) {
    return cat(R"({"sandbox_directory":"/no/such/sandbox","user":")", user, R"(","items":[{)", item,
               "}]}");
  };
  EXPECT_THAT(start(info("nobody")).err, HasSubstr("[E-SANDBOX]"));
  EXPECT_THAT(start(info("root"), kNobody).err, HasSubstr("[E-BECOME]"));
}

TEST_F(MesosFetcherProtocol, G5_WithoutPrivilegeOneIsOneselfOrFails) {
  sandbox_ = agent().make_sandbox({"executor", "nobody", {}, ""});
  const auto info = [&](std::string_view user) {
    return cat(R"({"sandbox_directory":")", sandbox_, R"(","user":")", user,
               R"(","items":[{"action":"BYPASS_CACHE",)", uri(), "}]}");
  };
  // The way to a sandbox is open to its user in this test.
  EXPECT_EQ(start(info("root"), kNobody).exit_code, 1);
  EXPECT_THAT(fetched(), IsEmpty());
  const auto oneself = start(info("nobody"), kNobody);
  EXPECT_EQ(oneself.exit_code, 0) << oneself.err;
  EXPECT_EQ(read_file(in_sandbox("test")), "data");
}

TEST_F(MesosFetcherProtocol, G5_MessagesAreThoseThatToolsLookFor) {
  const auto result = start_item(cat(R"("action":"BYPASS_CACHE",)", uri()));
  EXPECT_THAT(result.err,
              AllOf(HasSubstr(cat("Fetched '", dir_ / "from/test", "' to '", in_sandbox("test"))),
                    HasSubstr(cat("Successfully fetched all URIs into '", sandbox_, "'"))));
  const auto failed = start_item(R"("action":"BYPASS_CACHE","uri":{"value":"/no/such/file"})");
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("Failed to fetch '/no/such/file'"),
                                Not(HasSubstr("Successfully fetched"))));
}

TEST_F(MesosFetcher, G5_OneFailureOfSeveralPlacesNothingAndCachesNothing) {
  const std::string good = dir_.write("from/good", "data");
  const std::string cached = dir_.write("from/cached", "data");
  EXPECT_NE(
      fetch({{.value = good}, {.value = cached, .cache = true}, {.value = dir_ / "none"}}).failure,
      "");
  EXPECT_THAT(fetched(), IsEmpty());
  EXPECT_THAT(cache_files(), IsEmpty());
  EXPECT_THAT(agent().cached(), IsEmpty());
}

TEST_F(MesosFetcher, G5_WhatIsFetchedBelongsToTheUser) {
  const std::string tar = dir_.write("from/a.tar", TarBuilder().file("a/b", "x").finish());
  const std::string plain = dir_.write("from/x", "data");
  for (const auto& [name, id] :
       {std::pair{"nobody", kNobody}, std::pair{"root", uid_t{0}}, std::pair{"", uid_t{0}}}) {
    user_ = name;
    EXPECT_EQ(fetch({{.value = tar}, {.value = plain, .output_file = "sub/x"}}).failure, "");
    EXPECT_THAT(fetched(), ElementsAre("a.tar", "a/", "a/b", "sub/", "sub/x"));
    for (const std::string& each : fetched()) {
      struct stat found {};
      ASSERT_EQ(::lstat(in_sandbox(each).c_str(), &found), 0);
      EXPECT_EQ(found.st_uid, id) << each;
    }
  }
}

// The hadoop client brings its environment.
TEST_F(MesosFetcher, G5_TheEnvironmentIsTheAgentsLessWhatIsMesosOwn) {
  dir_.write("hadoop/bin/hadoop", "#!/bin/sh\n[ \"$1\" = version ] || env > \"$4\"\n", 0755);
  flags_.hadoop_home = dir_ / "hadoop";
  flags_.environment.insert(flags_.environment.end(),
                            {"JAVA_HOME=/java", "MESOS_SECRET=marker", "LIBPROCESS_PORT=marker"});
  EXPECT_EQ(fetch({{.value = "hdfs://localhost/x"}}).failure, "");
  EXPECT_THAT(read_file(in_sandbox("x")),
              AllOf(HasSubstr("JAVA_HOME=/java\n"), Not(HasSubstr("marker")),
                    Not(HasSubstr("MESOS_FETCHER_INFO"))));
}

}  // namespace
}  // namespace slipway::tests
