// Whatever is wrong with the input: one clear line, status 125, nothing made, nothing started.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"
#include "tests/support/nginx.h"
#include "tests/support/noise.h"
#include "tests/support/sanitized.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class BadInput : public SlipwayTest {
 protected:
  // Refused before anything was made, by one line that says `what`.
  void expect_refused(const RunResult& result, const ::testing::Matcher<const std::string&>& what) {
    EXPECT_EQ(result.exit_code, 125) << result.out;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, what);
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_FALSE(exists(new_sandbox())) << "nothing is created before the whole entry is valid";
  }

  [[nodiscard]] std::string new_sandbox() const { return dir_ / "not-yet"; }

  RunResult run_file(const std::string& file) {
    return slipway({"run", file, "--sandbox", new_sandbox()});
  }
  RunResult run_text(const std::string& text, As as = As::kRoot) {
    return slipway({"run", "-", "--sandbox", new_sandbox()}, as, {}, text);
  }
  RunResult run_volume(std::string_view host_path, std::string_view container_path) {
    return run_text(shell_entry("touch started", "",
                                cat(R"("volume_mounts":[{"mode":"RO","host_path":")", host_path,
                                    R"(","container_path":")", container_path, R"("}])")));
  }
};

TEST_F(BadInput, FilesThatCannotBeRead) {
  expect_refused(run_file(dir_ / "missing.json"),
                 AllOf(HasSubstr("missing.json"), HasSubstr("No such file")));
  expect_refused(run_file(dir_.path()), HasSubstr("is a directory"));
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0666), 0);
  expect_refused(run_file(dir_ / "fifo"), HasSubstr("is not a regular file"));
  expect_refused(run_file("/dev/zero"), HasSubstr("is not a regular file"));
}

TEST_F(BadInput, AResultThatCannotBeWrittenIsAnErrorOfItsOwn) {
  const std::string file = dir_.write("e.json", cat('[', shell_entry("true"), ']'));
  const std::string bare = dir_.write("bare.json", shell_entry("true"));
  ASSERT_EQ(run_file(bare).exit_code, 0);
  for (const std::vector<std::string>& words : {std::vector<std::string>{"check", file},
                                                {"schema"},
                                                {"plan", file},
                                                {"wrap", file},
                                                {"unwrap", file},
                                                {"report", new_sandbox()}}) {
    std::vector<std::string> all{"sh", "-c", R"(exec "$@" > /dev/full)", "sh"};
    std::ranges::copy(command(words, As::kRoot), std::back_inserter(all));
    const auto result = run_program(all);
    EXPECT_THAT(result.err, AllOf(HasSubstr("No space left"), HasSubstr("[E-OUTPUT]"))) << words[0];
    EXPECT_NE(result.exit_code, 0) << words[0];
  }
}

TEST_F(BadInput, EveryCommandHasTheSameCodeForAFileThatCannotBeRead) {
  for (const char* command : {"run", "plan", "check", "fetch", "wrap", "unwrap"}) {
    const auto result = slipway({command, dir_ / "missing.json"});
    // What check finds is its result, on standard output.
    EXPECT_THAT(result.out + result.err, HasSubstr("[E-FILE]")) << command;
  }
}

TEST_F(BadInput, TextThatIsNoEntry) {
  expect_refused(run_text("this is not json"), HasSubstr("standard input:1:2: not JSON"));
  expect_refused(run_text(""), HasSubstr("the text ends too early"));
  expect_refused(run_text("[]"), HasSubstr("the array is empty"));
  expect_refused(run_text(std::string(10'000'000, '[')), HasSubstr("limit"));
  expect_refused(run_text(std::string(100'000, '[')), HasSubstr("nested deeper than 64 levels"));
  expect_refused(run_text(std::string(1000, '\xff')), HasSubstr("not JSON"));
  expect_refused(run_text("\"\\u0000\""), HasSubstr("an array of executor entries is expected"));
  expect_refused(slipway({"run"}), HasSubstr("SLIPWAY_ENTRY"));
}

// Of every kind of text that could make a reader slow or large.
std::vector<std::string> unreasonable_texts() {
  constexpr std::size_t kLarge = 900'000;  // below the limit on an entry's length
  std::string deep;
  std::string keys = R"({"executor":{)";
  while (deep.size() < kLarge) deep += R"({"executor":)";
  while (keys.size() < kLarge) keys += R"("name":"a",)";
  return {noise(kLarge),
          deep,
          keys + R"("name":"a"}})",
          cat("[", std::string(kLarge, '{')),
          cat("[", std::string(kLarge, ','), "]"),
          cat(R"({"executor":{"name":")", std::string(kLarge, 'n'), "\"}}"),
          cat(R"([{"task_prefix":)", std::string(kLarge, '9'), "}]"),
          std::string(kLarge, '\0')};
}

TEST_F(BadInput, NoBytesTakeLongOrMuchMemory) {
  if (!kIsSanitized) in_front_ = {"prlimit", cat("--data=", 64 << 20)};
  const std::string sparse = dir_.write("sparse", "");
  std::filesystem::resize_file(sparse, std::uintmax_t{1} << 30);
  expect_refused(run_file(sparse), HasSubstr("limit"));
  for (const std::string& text : unreasonable_texts()) {
    RunOptions options;
    options.stdin_text = text;
    options.timeout = std::chrono::seconds(5);
    const auto result =
        run_program(command({"run", "-", "--sandbox", new_sandbox()}, As::kRoot), options);
    EXPECT_EQ(result.exit_code, 125) << text.substr(0, 40);
    EXPECT_THAT(result.err, HasSubstr("standard input")) << text.substr(0, 40);
    EXPECT_LT(result.err.size(), 20'000U) << text.substr(0, 40);
    EXPECT_FALSE(exists(new_sandbox()));
  }
}

TEST_F(BadInput, EveryProblemIsSaidWithItsPlace) {
  const auto result =
      run_file(dir_.write("e.json",
                          "[{\n \"executor\": {\"name\": 7,\n  \"resources\": []},\n"
                          " \"task_prefix\": true\n}]\n"));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("e.json:2:14: /0/executor: lacks the required 'command'"),
                    HasSubstr("e.json:2:23: /0/executor/name: is a number; a string is expected"),
                    HasSubstr("e.json:4:17: /0/task_prefix: is a boolean; a string is expected")));
}

TEST_F(BadInput, AFloodOfWarningsIsCutShort) {
  std::string keys;
  for (int i = 0; i < 50'000; ++i) keys += cat("\"k", i, "\":0,");
  const auto result = run_text(cat(R"({"executor":{"name":"x","command":{)", keys,
                                   R"("value":"exit 3"},"resources":[]},"task_prefix":""})"));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("and 49950 more"));
}

TEST_F(BadInput, AnUnknownNameListsTheNamesThereAre) {
  std::string other = shell_entry("true");
  other.replace(other.find("\"test\""), 6, "\"other\"");
  const std::string file = dir_.write("e.json", cat("[", shell_entry("true"), ",", other, "]"));
  expect_refused(slipway({"run", file, "-e", "Test", "--sandbox", new_sandbox()}),
                 AllOf(HasSubstr("'Test'"), HasSubstr("(there is: 'test', 'other')")));
  expect_refused(slipway({"run", file, "--sandbox", new_sandbox()}),
                 HasSubstr("choose one with -e ('test', 'other')"));
  EXPECT_EQ(slipway({"run", file, "-e", "other", "--sandbox", sandbox()}).exit_code, 0);
}

TEST_F(BadInput, UrisThatAreNone) {
  for (const char* uri :
       {"a\\\\b", "/a\\u0000b", "/a'b", "http://h", "lala://nopath", "", "http://h/x#sha256=00"}) {
    expect_refused(run_text(shell_entry("touch started", cat(R"({"value":")", uri, R"("})"))),
                   HasSubstr("/executor/command/uris/0/value"));
  }
}

TEST_F(BadInput, VolumesThatCannotBe) {
  expect_refused(
      run_volume(dir_ / "missing", "c"),
      AllOf(HasSubstr("volume_mounts[0]"), HasSubstr("missing"), HasSubstr("No such file")));
  for (const char* path : {"/", "/proc", "/sys/fs", "/dev", "../x", "a/../../b", "/a/../b"}) {
    expect_refused(run_volume("/tmp", path), HasSubstr("/volume_mounts/0/container_path"));
  }
  expect_refused(run_volume("/tmp", dir_.path()), HasSubstr("sandbox"));
  expect_refused(run_volume("/tmp", new_sandbox() + "/.slipway"), HasSubstr("slipway's own place"));
  expect_refused(run_volume("/tmp", "/tmp/no/such/place"),
                 AllOf(HasSubstr("/tmp/no"), HasSubstr("relative container_path")));
  expect_refused(run_volume("/etc/passwd", "/etc"), HasSubstr("directory"));
}

TEST_F(BadInput, UnknownUsers) {
  for (const char* user : {"no-such-user", "-1", "4294967295", " root", "root:root", "99999999"}) {
    expect_refused(slipway({"run", "-", "--sandbox", new_sandbox(), cat("--user=", user)},
                           As::kRoot, {}, shell_entry("true")),
                   HasSubstr("--user"));
  }
}

TEST_F(BadInput, OneBadUriKeepsAllOthersFromBeingAskedFor) {
  Nginx nginx;
  nginx.write("good", "data");
  expect_refused(run_text(shell_entry("touch started", cat(R"({"value":")", nginx.http("/good"),
                                                           R"("},{"value":"bad://"})"))),
                 HasSubstr("/uris/1/value"));
  EXPECT_THAT(nginx.requests(), IsEmpty());
}

TEST_F(BadInput, NoEntryIsAMisuse) {
  EXPECT_EQ(slipway({"plan"}).exit_code, 2);
  EXPECT_EQ(slipway({"plan", dir_ / "missing"}).exit_code, 125);
  EXPECT_EQ(slipway({"fetch"}).exit_code, 2);
  EXPECT_EQ(slipway({"fetch", dir_ / "missing"}).exit_code, 1);
  EXPECT_EQ(slipway({"run"}).exit_code, 125);
}

TEST_F(BadInput, PlanDoesNothing) {
  Nginx nginx;
  nginx.write("x", "data");
  const std::string fresh_cache = dir_ / "fresh-cache";
  const std::string text =
      shell_entry("touch started", cat(R"({"value":")", nginx.http("/x"), R"(","cache":true})"));
  const std::vector<std::string> words{"plan",        "-",           "--sandbox",
                                       new_sandbox(), "--cache-dir", fresh_cache};
  const auto result = slipway(words, As::kRoot, {}, text);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("fill: not in the cache yet"), HasSubstr("touch started"),
                                HasSubstr(new_sandbox())));
  EXPECT_THAT(nginx.requests(), IsEmpty());
  EXPECT_FALSE(exists(new_sandbox()));
  EXPECT_FALSE(exists(fresh_cache));
}

TEST_F(BadInput, NoUserNamespacesIsAnErrorThatNamesTheCauseAndOnlyWithVolumes) {
  dir_.make_directory("host");
  const std::string with = dir_.write(
      "with.json", shell_entry("touch started", "",
                               cat(R"("volume_mounts":[{"mode":"RO","host_path":")", dir_ / "host",
                                   R"(","container_path":"/container"}])")));
  const std::string without = dir_.write("without.json", shell_entry("echo ran"));
  ASSERT_EQ(::chmod(dir_.path().c_str(), 01777), 0);
  // Inside a user namespace of its own the limit is its own too, and the host's stays as it is.
  const auto poor = [&](const std::string& file) {
    return run_program(
        {"/bin/bash", "-c",
         cat("unshare -U sleep 60 & pid=$!; trap \"kill $pid\" EXIT;",
             "until [ \"$(readlink /proc/$pid/ns/user)\" != \"$(readlink /proc/self/ns/user)\" ]; "
             "do :; done;",
             "echo 0 0 70000 > /proc/$pid/uid_map; echo 0 0 70000 > /proc/$pid/gid_map;",
             "nsenter -U -t $pid -S 0 -G 0 sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && "
             "exec setpriv --reuid 1000 --regid 1000 ",
             "--clear-groups ", program_, " run ", file, " --sandbox ", dir_ / "box", "'")});
  };
  const auto refused = poor(with);
  EXPECT_EQ(refused.exit_code, 125) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("max_user_namespaces"));
  EXPECT_FALSE(exists(dir_ / "box/started"));
  EXPECT_EQ(poor(without).out, "ran\n");
}

}  // namespace
}  // namespace slipway::tests
