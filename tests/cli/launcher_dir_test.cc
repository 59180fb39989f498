// slipway-launcher-dir, and `slipway doctor --launcher-dir` on what it makes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "sandbox/base/text.h"
#include "sandbox/version.h"
#include "tests/cli/slipway.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class LauncherDir : public SlipwayTest, public ::testing::WithParamInterface<As> {
 protected:
  LauncherDir() {
    for (const char* name : {"mesos-containerizer", "mesos-executor", "mesos-fetcher",
                             "mesos-docker-executor", "mesos-logrotate-logger"}) {
      dir_.write(cat("mesos/", name), "#!/bin/sh\nexit 3\n", 0755);
    }
    dir_.write("mesos/README", "no program");
    dir_.make_directory("mesos/modules");
    fs::create_directory(dir_ / "prefix/sbin");
    fs::copy_file(cat(SLIPWAY_SOURCE_DIR, "/packaging/mesos/slipway-launcher-dir"), tool());
    // Where the one who makes it may write.
    const std::string place = dir_.make_directory("place");
    EXPECT_EQ(::chown(place.c_str(), owner(), owner()), 0);
  }

  static uid_t owner() { return GetParam() == As::kRoot ? 0 : kNobody; }
  std::string tool() { return dir_ / "prefix/sbin/slipway-launcher-dir"; }
  std::string mesos(std::string_view name = "") { return dir_ / cat("mesos", name); }
  std::string made(std::string_view name = "") { return dir_ / cat("place/dir", name); }
  std::string fetcher() { return dir_ / "prefix/libexec/slipway/slipway-fetcher"; }

  RunResult run_tool(std::vector<std::string> words) {
    RunOptions options;
    options.env = {"PATH=/usr/bin:/bin"};
    options.cwd = "/";
    if (GetParam() == As::kOrdinaryUser) options.user = RunOptions::Ids{kNobody, kNobody};
    words.insert(words.begin(), tool());
    return run_program(words, options);
  }
  RunResult make() { return run_tool({mesos(), made()}); }
  void must_make() {
    const auto result = make();
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  RunResult doctor(const std::string& directory, std::vector<std::string> words = {}) {
    words.insert(words.begin(), {"doctor", "--launcher-dir", directory});
    return slipway(words, GetParam());
  }
  // That the doctor says `what`, as a failure.
  void expect_failure(const std::string& what) {
    const auto result = doctor(made());
    EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
    EXPECT_THAT(result.out, AllOf(HasSubstr("FAIL"), HasSubstr(what)));
  }
  std::string link_of(std::string_view name) { return fs::read_symlink(made(cat('/', name))); }
  std::size_t count() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(made()), fs::directory_iterator()));
  }
  // A shell script in the place of slipway-fetcher.
  std::string script(std::string_view name, std::string_view lines, mode_t mode = 0755) {
    return dir_.write(name, cat("#!/bin/sh\n", lines, '\n'), mode);
  }
  // Puts a link of that target into the directory, whatever was there.
  void relink(std::string_view name, const std::string& target) {
    fs::remove(made(cat('/', name)));
    fs::create_symlink(target, made(cat('/', name)));
    EXPECT_EQ(::lchown(made(cat('/', name)).c_str(), owner(), owner()), 0);
  }
};

INSTANTIATE_TEST_SUITE_P(All, LauncherDir, ::testing::Values(As::kRoot, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(LauncherDir, EveryProgramOfMesosIsLinkedAndTheFetcherIsSlipways) {
  const auto result = make();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr(cat("--launcher_dir=", made())),
                                HasSubstr(cat("--launcher_dir=", mesos(), ", then rm -r")),
                                HasSubstr(cat("4 programs of ", mesos()))));
  EXPECT_EQ(count(), 5U);
  for (const char* name : {"mesos-containerizer", "mesos-executor", "mesos-docker-executor",
                           "mesos-logrotate-logger"}) {
    EXPECT_EQ(link_of(name), mesos(cat('/', name)));
  }
  EXPECT_EQ(link_of("mesos-fetcher"), fetcher());
  EXPECT_EQ(mode_of(made()), 0755U);
  const auto doctors = doctor(made());
  EXPECT_EQ(doctors.exit_code, 0) << doctors.out << doctors.err;
  EXPECT_THAT(doctors.out,
              AllOf(Not(HasSubstr("FAIL")), HasSubstr(cat("slipway-fetcher ", kVersion)),
                    HasSubstr("of this slipway"), HasSubstr("mesos-docker-executor")));
}

TEST_P(LauncherDir, RunAgainItBringsTheLinksUpToDate) {
  must_make();
  fs::remove(mesos("/mesos-logrotate-logger"));
  dir_.write("mesos/mesos-new", "#!/bin/sh\n", 0755);
  relink("mesos-executor", "/old/mesos-executor");
  relink("mesos-fetcher", mesos("/mesos-fetcher"));
  must_make();
  EXPECT_EQ(count(), 5U);
  EXPECT_EQ(link_of("mesos-new"), mesos("/mesos-new"));
  EXPECT_EQ(link_of("mesos-executor"), mesos("/mesos-executor"));
  EXPECT_EQ(link_of("mesos-fetcher"), fetcher());
  must_make();
  EXPECT_EQ(count(), 5U);
}

TEST_P(LauncherDir, ADirectoryThatHoldsMoreThanLinksIsLeftAsItIs) {
  must_make();
  relink("mesos-executor", "/old");
  dir_.write("place/dir/notes", "mine");
  const auto result = make();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("/notes' is no link"), HasSubstr("left as it is")));
  EXPECT_EQ(link_of("mesos-executor"), "/old");
  const auto others = run_tool({mesos(), mesos()});
  EXPECT_EQ(others.exit_code, 1);
  EXPECT_THAT(others.err, HasSubstr("is MESOS_LAUNCHER_DIR itself"));
}

TEST_P(LauncherDir, ADirectoryOfOtherLinksIsLeftAsItIs) {
  must_make();
  fs::remove(made("/mesos-fetcher"));
  relink("editor", "/usr/bin/vi");
  const auto result = make();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("has no mesos-fetcher"), HasSubstr("left as it is")));
  EXPECT_EQ(link_of("editor"), "/usr/bin/vi");
}

TEST_P(LauncherDir, PathsThatAShellWouldReadOtherwiseAreRefused) {
  for (const char* name : {"a b", "a$b", "a;b", "a'b", "a*", "a~", "\xc3\xa9"}) {
    const auto result = run_tool({mesos(), dir_ / cat("place/", name)});
    EXPECT_EQ(result.exit_code, 1) << name;
    EXPECT_THAT(result.err, HasSubstr("'sh -c' without quotes")) << name;
  }
  fs::create_directory(dir_ / "with blank");
  fs::copy_file(fetcher(), dir_ / "with blank/slipway-fetcher");
  fs::create_symlink(dir_ / "with blank/slipway-fetcher", dir_ / "innocent");
  const auto result = run_tool({"--fetcher", dir_ / "innocent", mesos(), made()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("with blank/slipway-fetcher'")) << "the real path counts";
  EXPECT_TRUE(fs::is_empty(dir_ / "place"));
}

TEST_P(LauncherDir, AFetcherThatNotEverybodyCanRunOrThatIsNoneIsRefused) {
  const std::string good = cat("echo slipway-fetcher ", kVersion);
  const auto refused = [&](const std::string& path) {
    const auto result = run_tool({mesos(), made(), "--fetcher", path});
    EXPECT_EQ(result.exit_code, 1) << result.out;
    EXPECT_FALSE(exists(made()));
    return result.err;
  };
  EXPECT_THAT(refused(dir_ / "missing"), HasSubstr("there is no slipway-fetcher at"));
  EXPECT_THAT(refused(script("private", good, 0754)), HasSubstr("cannot be executed by everybody"));
  script("closed/fetcher", good);
  EXPECT_EQ(::chmod((dir_ / "closed").c_str(), 0754), 0);
  if (GetParam() == As::kRoot) {  // the other one sees nothing in there
    EXPECT_THAT(refused(dir_ / "closed/fetcher"), HasSubstr("cannot be entered by everybody"));
  }
  EXPECT_THAT(refused(mesos("/mesos-fetcher")), HasSubstr("does not say that it is"));
  EXPECT_EQ(run_tool({mesos(), made(), "--fetcher", script("other", good)}).exit_code, 0);
  EXPECT_EQ(link_of("mesos-fetcher"), dir_ / "other");
}

TEST_P(LauncherDir, WhatIsNoLauncherDirOfMesosIsRefused) {
  EXPECT_THAT(run_tool({dir_ / "missing", made()}).err, HasSubstr("is no directory"));
  fs::remove(mesos("/mesos-containerizer"));
  const auto result = make();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("has no mesos-containerizer"));
  EXPECT_FALSE(exists(made()));
}

TEST_P(LauncherDir, TheToolSaysHowItIsUsed) {
  const auto help = run_tool({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("usage: slipway-launcher-dir"));
  EXPECT_EQ(run_tool({mesos()}).exit_code, 2);
  EXPECT_EQ(run_tool({mesos(), made(), "third"}).exit_code, 2);
  EXPECT_EQ(run_tool({"--no-such", mesos(), made()}).exit_code, 2);
}

TEST_P(LauncherDir, DoctorFindsWhatIsMissingOrLeadsNowhere) {
  EXPECT_EQ(doctor(dir_ / "missing").exit_code, 1);
  EXPECT_THAT(doctor(probe_).out, HasSubstr("is no directory"));
  must_make();
  relink("mesos-docker-executor", "/nowhere/at-all");
  expect_failure("'/nowhere'");
  fs::remove(made("/mesos-docker-executor"));
  fs::remove(made("/mesos-executor"));
  expect_failure(cat("'", made("/mesos-executor'")));
  relink("mesos-executor", mesos("/modules"));
  expect_failure("which is no file");
  relink("mesos-executor", mesos("/README"));
  expect_failure("cannot be executed by everybody");
}

TEST_P(LauncherDir, DoctorPassesOverWhatIsNoProgram) {
  dir_.write("mesos/mesos-fetcher", cat("#!/bin/sh\necho slipway-fetcher ", kVersion, "\n"), 0755);
  const auto result = doctor(mesos());
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.out, AllOf(Not(HasSubstr("README")), Not(HasSubstr("/modules"))));
}

TEST_P(LauncherDir, DoctorTellsWhoseFetcherItIs) {
  must_make();
  relink("mesos-fetcher", mesos("/mesos-fetcher"));
  expect_failure("does not answer --version");
  relink("mesos-fetcher", script("foreign", "echo mesos-fetcher 1.11.0"));
  expect_failure("is no slipway-fetcher");
  relink("mesos-fetcher", script("old", "echo slipway-fetcher 0.0.1"));
  expect_failure(cat("is 'slipway-fetcher 0.0.1', this slipway's is slipway-fetcher ", kVersion));
  relink("mesos-fetcher", script("copy", cat("echo slipway-fetcher ", kVersion)));
  const auto copy = doctor(made());
  EXPECT_EQ(copy.exit_code, 0) << copy.out;
  EXPECT_THAT(copy.out, HasSubstr(cat("is another slipway-fetcher ", kVersion)));
  relink("mesos-fetcher", script("with blank", cat("echo slipway-fetcher ", kVersion)));
  expect_failure("to 'sh -c' without quotes");
}

TEST_P(LauncherDir, DoctorFindsWhatOthersCouldExchangeAndDoesNotExecuteIt) {
  must_make();
  const std::string witness = dir_ / "place/executed";
  script("shared", cat("touch ", witness, "; echo slipway-fetcher ", kVersion));
  relink("mesos-fetcher", dir_ / "shared");
  EXPECT_EQ(::chmod((dir_ / "shared").c_str(), 0757), 0);
  expect_failure(cat("'", dir_ / "shared", "' is writable to everybody"));
  EXPECT_EQ(::chmod((dir_ / "shared").c_str(), 0775), 0);
  expect_failure("is writable to the group 0");
  EXPECT_EQ(::chmod((dir_ / "shared").c_str(), 0755), 0);
  EXPECT_EQ(::chown((dir_ / "shared").c_str(), 1234, 0), 0);
  expect_failure("belongs to uid 1234");
  EXPECT_THAT(doctor(made()).out, HasSubstr("was not asked for its version"));
  EXPECT_FALSE(exists(witness));
  EXPECT_EQ(::chown((dir_ / "shared").c_str(), 0, 0), 0);
  EXPECT_EQ(doctor(made()).exit_code, 0);
  EXPECT_TRUE(exists(witness)) << "the witness tells something";
}

TEST_P(LauncherDir, DoctorLooksAtEveryDirectoryOnTheWay) {
  must_make();
  EXPECT_EQ(::chmod(mesos().c_str(), 0777), 0);
  expect_failure(cat("'", mesos(), "' is writable to everybody"));
  EXPECT_EQ(::chmod(mesos().c_str(), 0755), 0);
  // A link on the way lies in a directory of somebody else's.
  const std::string theirs = dir_.make_directory("theirs");
  fs::create_symlink(mesos("/mesos-executor"), theirs + "/link");
  EXPECT_EQ(::chown(theirs.c_str(), 1234, 1234), 0);
  relink("mesos-executor", theirs + "/link");
  expect_failure(cat("'", theirs, "' belongs to uid 1234"));
}

TEST_P(LauncherDir, DoctorAnswersInJsonToo) {
  must_make();
  const auto json = nlohmann::json::parse(doctor(made(), {"--format=json"}).out, nullptr, false);
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["failed"], false);
  const auto& last = json["findings"].back();  // those of the host come before
  EXPECT_EQ(last["check"], "launcher-dir");
  EXPECT_EQ(last["subject"], "fetcher");
  EXPECT_EQ(last["verdict"], "ok");
  fs::remove(made("/mesos-executor"));
  const auto failed = doctor(made(), {"--format=json"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_EQ(nlohmann::json::parse(failed.out, nullptr, false)["failed"], true);
}

}  // namespace
}  // namespace slipway::tests
