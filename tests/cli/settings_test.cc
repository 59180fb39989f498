// The settings file, through the built programs: which one is read, what it changes, and that a bad
// one stops everything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kTooMany[] = "over the extraction limit 'max_entries' of 1";

class SettingsAs : public FetchAs {
 protected:
  std::string settings(std::string_view text) { return dir_.write("s.toml", text); }

  // An entry with an archive of three entries.
  std::string archive_entry() { return shell_entry("cat sub/file", uri(make_archive("a.tar.gz"))); }

  RunResult run_with(const std::vector<std::string>& words) {
    return run_anew(archive_entry(), words, GetParam());
  }

  void expect_over_the_limit(const RunResult& result) {
    EXPECT_EQ(result.exit_code, 125) << result.out;
    EXPECT_THAT(result.err, AllOf(HasSubstr(kTooMany), HasSubstr("raise max_entries")));
    EXPECT_THAT(placed_now(), IsEmpty());
  }

  // From here on slipway finds a /etc with `text` as its settings, in a mount namespace of its own;
  // run as root and, for the ordinary user, with that user's ids.
  std::string replace_etc(std::string_view text, mode_t mode = 0644) {
    const std::string etc = dir_.make_directory("etc");
    for (const char* name : {"passwd", "group", "nsswitch.conf"}) {
      if (exists(cat("/etc/", name))) fs::copy_file(cat("/etc/", name), cat(etc, '/', name));
    }
    std::string path = dir_.write("etc/slipway/slipway.toml", text, mode);
    in_front_ = {
        "unshare",
        "-m",
        "sh",
        "-c",
        cat("mount --bind ", etc, " /etc && exec ",
            GetParam() == As::kOrdinaryUser ? "setpriv --reuid=65534 --regid=65534 --clear-groups "
                                            : "",
            "\"$@\""),
        "sh"};
    return path;
  }
  RunResult run_with_etc(const std::vector<std::string>& words = {}) {
    make_sandbox(GetParam(), ++sandbox_number_);
    std::vector<std::string> all{
        "run", "-", "--sandbox", sandbox(sandbox_number_), "--cache-dir", cache(GetParam())};
    all.insert(all.end(), words.begin(), words.end());
    const As starter = GetParam() == As::kOrdinaryUser ? As::kRoot : GetParam();
    return slipway(all, starter, {}, archive_entry());
  }
};

INSTANTIATE_TEST_SUITE_P(All, SettingsAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(SettingsAs, ALimitThatIsLoweredFailsTheRunAndIsNamed) {
  expect_over_the_limit(run_with({"--settings", settings("[extract]\nmax_entries = 1\n")}));
  const auto enough = run_with({"--settings", settings("[extract]\nmax_entries = 3\n")});
  EXPECT_EQ(enough.out, "content") << enough.err;
}

TEST_P(SettingsAs, OtherLimitsAreHeededToo) {
  const auto result = run_with({"--settings", settings("[extract]\nmax_bytes = \"5\"\n")});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("over the extraction limit 'max_bytes' of 5"));
}

TEST_P(SettingsAs, TheHostsFileHoldsForEveryRunUnlessAnotherIsNamed) {
  replace_etc("[extract]\nmax_entries = 1\n");
  expect_over_the_limit(run_with_etc());
  const auto other = run_with_etc({"--settings", settings("")});
  EXPECT_EQ(other.out, "content") << other.err;
}

TEST_P(SettingsAs, WithoutTheHostsFileTheDefaultsHold) {
  fs::remove(replace_etc(""));
  const auto no_file = run_with_etc();
  EXPECT_EQ(no_file.out, "content") << no_file.err;
  fs::remove(dir_ / "etc/slipway");
  const auto no_directory = run_with_etc();
  EXPECT_EQ(no_directory.out, "content") << no_directory.err;
}

TEST_P(SettingsAs, AHostsFileThatCannotBeReadStopsTheRun) {
  const std::string path = replace_etc("", 0600);
  const auto unreadable = run_with_etc();
  if (GetParam() == As::kOrdinaryUser) {
    EXPECT_EQ(unreadable.exit_code, 125);
    EXPECT_THAT(unreadable.err, AllOf(HasSubstr("/etc/slipway/slipway.toml"),
                                      HasSubstr("Permission denied"), HasSubstr("--settings")));
  } else {
    EXPECT_EQ(unreadable.out, "content") << "read as the caller: " << unreadable.err;
  }
  fs::remove(path);
  fs::create_directory(path);
  const auto directory = run_with_etc();
  EXPECT_EQ(directory.exit_code, 125);
  EXPECT_THAT(directory.err, HasSubstr("is not a regular file"));
}

TEST_P(SettingsAs, NoEnvironmentVariableNamesAFile) {
  make_sandbox(GetParam());
  const auto result =
      slipway({"run", "-", "--sandbox", sandbox(), "--no-cache"}, GetParam(),
              {"SLIPWAY_SETTINGS=" + settings("[extract]\nmax_entries = 1\n")}, archive_entry());
  EXPECT_EQ(result.out, "content") << result.err;
}

TEST_P(SettingsAs, PlanShowsTheSettingsThatCountAndWhoSetThem) {
  make_sandbox(GetParam());
  const std::string file = settings("[extract]\nmax_entries = 1\nmax_ratio = 1100\n");
  const auto plan = [&](const std::vector<std::string>& more, const std::string& text) {
    std::vector<std::string> words{"plan", "-", "--sandbox", sandbox()};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = slipway(words, GetParam(), {}, text);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  };
  EXPECT_THAT(plan({"--settings", file}, archive_entry()),
              AllOf(HasSubstr(cat("  [extract] max_entries '1', by default '10000000', from '",
                                  file, "'\n")),
                    HasSubstr(", max_ratio 1100, ")));
  EXPECT_THAT(plan({"--settings", file}, shell_entry("true")), Not(HasSubstr("[extract]")));
  EXPECT_THAT(plan({}, archive_entry()), Not(HasSubstr(", from '")));
  EXPECT_THAT(
      plan({"--settings", file, "--format", "json"}, archive_entry()),
      AllOf(HasSubstr(cat(R"("settings_file": ")", file, '"')), HasSubstr(R"("max_entries": 1,)"),
            HasSubstr(R"("max_ratio": 1100,)"), HasSubstr(R"("free_space_reserve": "auto")")));
  EXPECT_THAT(
      plan({"--format", "json"}, archive_entry()),
      AllOf(HasSubstr(R"("settings_file": null)"), HasSubstr(R"("max_entries": 10000000,)")));
}

class BadSettings : public SlipwayTest {
 protected:
  [[nodiscard]] std::string new_sandbox() const { return dir_ / "not-yet"; }

  // Nothing was made, and nothing else was looked at: the entry does not exist.
  void expect_stopped(const std::string& command, const std::string& file,
                      const ::testing::Matcher<const std::string&>& what, As as = As::kRoot) {
    const auto result =
        slipway({command, "/no-entry", "--settings", file, "--sandbox", new_sandbox()}, as);
    EXPECT_EQ(result.exit_code, 125) << command;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, AllOf(what, Not(HasSubstr("no-entry"))));
    EXPECT_FALSE(exists(new_sandbox()));
  }
};

TEST_F(BadSettings, AllMistakesAreToldAtOnceBeforeAnythingIsDone) {
  const std::string file =
      dir_.write("s.toml", "[extract]\nmax_byts = 1\nmax_depth = 0\n\n[party]\nsize = \"5G\"\n");
  for (const char* command : {"run", "plan", "shell"}) {
    expect_stopped(command, file,
                   AllOf(HasSubstr(cat(file,
                                       ":2:1: [extract] max_byts: unknown key, did you mean "
                                       "'max_bytes'? [E-SETTINGS]\n")),
                         HasSubstr(cat(file, ":3:13: [extract] max_depth: 0 would")),
                         HasSubstr(cat(file, ":5:2: [party]: unknown table"))));
  }
}

TEST_F(BadSettings, ASyntaxErrorIsToldWithItsPlace) {
  const std::string file = dir_.write("s.toml", "[extract]\nmax_bytes = 5M\n");
  expect_stopped("run", file, HasSubstr(cat(file, ":2:14: not TOML: ")));
}

TEST_F(BadSettings, AFileThatIsNamedMustBeARegularOneThatCanBeRead) {
  expect_stopped("run", dir_ / "missing", HasSubstr("No such file"));
  expect_stopped("run", dir_.path(), HasSubstr("is not a regular file"));
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0666), 0);
  expect_stopped("run", dir_ / "fifo", HasSubstr("is not a regular file"));
  expect_stopped("run", "/dev/zero", HasSubstr("is not a regular file"));
  expect_stopped("run", dir_.write("big", std::string((1 << 20) + 1, '#')),
                 HasSubstr("longer than the limit of 1048576 bytes"));
  expect_stopped("run", dir_.write("mine", "", 0600), HasSubstr("Permission denied"),
                 As::kOrdinaryUser);
}

TEST_F(BadSettings, AFloodOfMistakesIsCutShort) {
  std::string text = "[extract]\n";
  for (int i = 0; i < 1000; ++i) text += cat("k", i, " = 1\n");
  const auto result = slipway({"run", "/no-entry", "--settings", dir_.write("s.toml", text)});
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 51);
  EXPECT_THAT(result.err, HasSubstr("s.toml: and 950 more [E-SETTINGS]\n"));
}

}  // namespace
}  // namespace slipway::tests
