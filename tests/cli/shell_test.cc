// `slipway shell FILE`: a shell in the executor's place, and the line to paste there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "sandbox/base/text.h"
#include "sandbox/json_writer.h"
#include "tests/cli/slipway.h"
#include "tests/support/surroundings.h"
#include "tests/support/terminal.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kAnnounced[] = "slipway: the entry's own command, as it can be typed in the sandbox";

class Shell : public SlipwayTest {
 protected:
  RunResult shell(std::string_view text, As as, std::string typed,
                  const std::vector<std::string>& words = {}) {
    make_sandbox(as);
    std::vector<std::string> all{
        "shell", dir_.write("entry.json", text), "--sandbox", sandbox(), "--cache-dir", cache(as)};
    all.insert(all.end(), words.begin(), words.end());
    return slipway(all, as, {"SHELL=/bin/sh"}, std::move(typed));
  }

  // What stands below the announcement.
  static std::string pasteable(const RunResult& result) {
    std::istringstream lines(result.err);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(kAnnounced) && std::getline(lines, line)) return line;
    }
    ADD_FAILURE() << "nothing to paste in\n" << result.err;
    return "";
  }

  static RunOptions on_terminal(As as, std::vector<std::string> env) {
    RunOptions options;
    env.emplace_back("PATH=/usr/bin:/bin");
    options.env = std::move(env);
    options.cwd = start_directory();
    if (as == As::kOrdinaryUser) options.user = RunOptions::Ids{kNobody, kNobody};
    return options;
  }
};

// To whoever stands at the prompt, not among the executor's output; with secrets at a prompt only.
TEST_F(Shell, TheReplacedCommandIsNotTheExecutorsOutputAndShowsNoSecretInALog) {
  make_sandbox(As::kRoot);
  const std::string text = shell_entry("psql postgres://me:marker@host/db");
  const std::string file = dir_.write("entry.json", text);
  const auto ran =
      slipway({"run", file, "--sandbox", sandbox(), "--stdio=sandbox", "--", "/bin/true"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, AllOf(HasSubstr("what looks secret"), HasSubstr("psql postgres://"),
                             Not(HasSubstr("marker"))));
  EXPECT_EQ(read_file(sandbox() + "/stderr"), "");
  EXPECT_THAT(pasteable(shell(text, As::kRoot, "exit\n")), HasSubstr("me:marker@host"));
}

class ShellAs : public Shell, public ::testing::WithParamInterface<As> {};
INSTANTIATE_TEST_SUITE_P(All, ShellAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(ShellAs, OnATerminalItPromptsAndRunsCommandsInTheExecutorsPlace) {
  make_sandbox(GetParam());
  dir_.write("host/file", "from the host\n");
  const std::string file =
      dir_.write("e.json", shell_entry("exit 3", probe_uri(),
                                       cat(R"("volume_mounts":[{"mode":"RO","host_path":")",
                                           dir_ / "host", R"(","container_path":"v"}])")));
  Terminal terminal(
      command({"shell", file, "--sandbox", sandbox(), "--env", "PS1=ready> "}, GetParam()),
      on_terminal(GetParam(), {"SHELL=/bin/sh", "TERM=dumb"}));
  terminal.expect(kAnnounced);
  terminal.expect("/bin/sh -c 'exit 3'");
  terminal.expect("ready> ");
  terminal.type("cat v/file; echo \"<$(id -u)> <$PWD> <$TERM>\"\n");
  terminal.expect("from the host\r\n");
  terminal.expect(cat('<', GetParam() == As::kRoot ? 0 : 65534, "> <", sandbox(), "> <dumb>"));
  terminal.expect("ready> ");
  terminal.type("./probe fds; [ -t 0 ] && echo \"on $((1+1)) ends\"\n");
  terminal.expect("fds: 0 1 2");
  terminal.expect("on 2 ends");
  terminal.type("exit 7\n");
  EXPECT_EQ(terminal.wait(), 7) << terminal.shown();
}

TEST_P(ShellAs, WithoutATerminalItReadsCommands) {
  const auto result = shell(shell_entry("exit 3"), GetParam(), "pwd; exit 5\n");
  EXPECT_EQ(result.out, sandbox() + "\n");
  EXPECT_EQ(result.exit_code, 5);
}

TEST_P(ShellAs, AShellThatIsNotThereIs127) {
  make_sandbox(GetParam());
  const auto result =
      slipway({"shell", dir_.write("e.json", shell_entry("true")), "--sandbox", sandbox()},
              GetParam(), {"SHELL=/no/such/shell"});
  EXPECT_EQ(result.exit_code, 127);
  EXPECT_THAT(result.err, HasSubstr("'/no/such/shell' does not exist"));
}

TEST_F(Shell, AnotherCommandTakesTheShellsPlace) {
  const auto result = shell(shell_entry("exit 3"), As::kRoot, "", {"--", "sh", "-c", "exit 4"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(pasteable(result), "/bin/sh -c 'exit 3'");
  make_sandbox(As::kRoot);
  EXPECT_EQ(slipway({"shell", "-", "--sandbox", sandbox(), "--", "true"}, As::kRoot, {},
                    shell_entry("exit 3"))
                .exit_code,
            0);
}

TEST_F(Shell, RunTellsTheEntrysOwnCommandWhereAnotherTakesItsPlace) {
  const auto text = shell_entry("echo \"it's\"");
  EXPECT_EQ(pasteable(run(text, As::kRoot, {"--", "true"})), R"(/bin/sh -c 'echo "it'\''s"')");
  EXPECT_THAT(run(text).err, IsEmpty());
  EXPECT_THAT(run(text, As::kRoot, {"-q", "--", "true"}).err, IsEmpty());
}

TEST_F(Shell, ACommandThatCannotBeFoundIsSaidAsRunSaysIt) {
  const auto result = shell(program_entry("no-such-program", ""), As::kRoot, "echo here\n");
  EXPECT_EQ(result.out, "here\n");
  EXPECT_THAT(result.err, HasSubstr("'no-such-program' is neither in the sandbox nor in PATH"));
  dir_.write("plain", "x");
  const auto unfit =
      shell(program_entry("plain", "", cat(R"({"value":")", dir_ / "plain", R"("})")), As::kRoot,
            "echo here\n");
  EXPECT_EQ(unfit.out, "here\n");
  EXPECT_THAT(unfit.err, HasSubstr("\"executable\": true"));
}

TEST_F(Shell, ABareNameIsPastedAsWhatRunWouldFind) {
  EXPECT_EQ(pasteable(shell(program_entry("true", ""), As::kRoot, "")), "/usr/bin/true");
  EXPECT_EQ(pasteable(shell(program_entry("true", "", probe_uri("true")), As::kRoot, "")),
            "./true");
}

TEST_F(Shell, AFetchThatFailsGivesNoShell) {
  const auto result =
      shell(shell_entry("true", R"({"value":"/no/such/file"})"), As::kRoot, "echo here\n");
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.out, IsEmpty());
}

struct Argv {
  const char* name;
  std::string file;  // in the sandbox
  std::vector<std::string> argv;
};

class PastedLine : public Shell, public ::testing::WithParamInterface<Argv> {
 protected:
  std::string text() {
    std::string arguments;
    for (const std::string& word : GetParam().argv) {
      sandbox::JsonWriter json;
      arguments += cat(arguments.empty() ? "" : ",", json.string(word).str());
    }
    return program_entry(GetParam().file, arguments, probe_uri(GetParam().file));
  }
};

INSTANTIATE_TEST_SUITE_P(
    All, PastedLine,
    ::testing::Values(
        Argv{"Plain", "probe", {"probe", "argv", "-v", "--config=x,y"}},
        Argv{"Blanks", "my probe", {"my probe", "argv", "a b", "", " "}},
        Argv{"Quotes", "probe", {"probe", "argv", "it's", "\"q\"", "`x`", "$HOME", "\\", "a\\nb"}},
        Argv{"Newlines", "probe", {"probe", "argv", "two\nlines", "end\n", "\t'!x\\"}},
        Argv{"OtherName", "probe", {"localhost:2181", "argv", "!h", "~", "*", "#x"}},
        Argv{"StrangeName", "probe", {"-a b\n'", "argv", "\u00fcn\u00ef"}},
        Argv{"BelowADirectory", "bin/probe", {"probe", "argv", "x"}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(PastedLine, RunsTheExecutorWithTheSameArgvInBash) {
  const auto first = run(text());
  ASSERT_EQ(first.exit_code, 0) << first.err;
  ASSERT_THAT(values(first.out, "argv"), ::testing::SizeIs(GetParam().argv.size()));
  const std::string line = pasteable(shell(text(), As::kRoot, ""));
  const auto pasted = shell(text(), As::kRoot, line + "\n", {"--", "/bin/bash"});
  // Of argv[0] the directory may differ.
  auto as_typed = values(pasted.out, "argv");
  ASSERT_FALSE(as_typed.empty()) << line << pasted.err;
  if (as_typed[0].starts_with('.')) as_typed[0].erase(0, as_typed[0].rfind('/') + 1);
  EXPECT_EQ(as_typed, values(first.out, "argv")) << line;
}

TEST_P(PastedLine, CanBePastedAtThePromptOfAnInteractiveBash) {
  const std::string line = pasteable(shell(text(), As::kRoot, ""));
  const std::string file = dir_.write("e.json", text());
  Terminal terminal({program_, "shell", file, "--sandbox", sandbox(), "-q", "--env", "PS1=ready> ",
                     "--", "/bin/bash", "--norc", "--noprofile", "-i"},
                    on_terminal(As::kRoot, {"TERM=dumb"}));
  terminal.expect("ready> ");
  terminal.type(cat(line, " >out; echo \"ended $?\"\n"));
  terminal.expect("ended 0\r\n");
  EXPECT_EQ(values(read_file(sandbox() + "/out"), "argv").size(), GetParam().argv.size());
}

TEST_F(Shell, AShellThatIsNoneIsNamedWithItsRemedy) {
  make_sandbox(As::kRoot);
  const std::string file = dir_.write("e.json", shell_entry("true"));
  const auto result =
      slipway({"shell", file, "--sandbox", sandbox()}, As::kRoot, {"SHELL=/no/such/shell"});
  EXPECT_EQ(result.exit_code, 127);
  EXPECT_THAT(result.err, ::testing::AllOf(HasSubstr("/no/such/shell"), HasSubstr("set SHELL")));
}

}  // namespace
}  // namespace slipway::tests
