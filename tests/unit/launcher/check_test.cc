#include "launcher/check/check.h"

#include <gmock/gmock.h>

#include "launcher/command/render_check.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string entry(std::string_view command, std::string_view volumes = "[]",
                  std::string_view name = "e") {
  return cat(R"({"executor":{"name":")", name, R"(","command":)", command,
             R"(,"resources":[]},"task_prefix":"p","volume_mounts":)", volumes, "}");
}
std::string array(std::string_view entries) {
  return cat('[', entries, ']');
}
std::string with_uri(std::string_view uri) {
  return array(entry(cat(R"({"value":"v","uris":[)", uri, "]}")));
}
std::string with_volume(std::string_view volume) {
  return array(entry(R"({"value":"v"})", cat('[', volume, ']')));
}

std::vector<std::string> found(const Checked& checked) {
  std::vector<std::string> out;
  for (const CheckFinding& each : checked.findings) {
    out.push_back(cat(id_of(each.code), ' ', each.pointer));
  }
  return out;
}
std::vector<std::string> found(const std::string& text, Judge judge = Judge::kAurora) {
  return found(check("f", text, {judge}));
}

TEST(Check, AGoodFileHasNoFindings) {
  EXPECT_THAT(found(array(entry(R"({"value":"v"})"))), IsEmpty());
}

TEST(Check, AuroraDoesNotStartWithWhatRunTakes) {
  const std::string single = entry(R"({"value":"v"})");
  EXPECT_THAT(found(single), ElementsAre("E-NOT-ARRAY "));
  EXPECT_THAT(found(single, Judge::kSlipway), IsEmpty());
  const std::string unknown = array(entry(R"({"value":"v","nice":1})"));
  EXPECT_THAT(found(unknown), ElementsAre("E-KEY-UNKNOWN /0/executor/command/nice"));
  EXPECT_THAT(found(unknown, Judge::kSlipway),
              ElementsAre("W-KEY-UNKNOWN /0/executor/command/nice"));
  const std::string pinned =
      with_uri(cat(R"({"value":"/x","checksum":"sha256=)", std::string(64, 'a'), R"("})"));
  EXPECT_THAT(found(pinned), ElementsAre("E-KEY-UNKNOWN /0/executor/command/uris/0/checksum"));
  EXPECT_THAT(found(pinned, Judge::kSlipway), IsEmpty());
  const std::string thermos = array(entry(R"({"value":"v"})", "[]", "AuroraExecutor"));
  EXPECT_THAT(found(thermos), ElementsAre("E-NAME-RESERVED /0/executor/name"));
  EXPECT_THAT(found(thermos, Judge::kSlipway), IsEmpty());
  const std::string message = R"({"command":{"value":"v"},"executor_id":{"value":"x"}})";
  EXPECT_THAT(found(message), Contains("E-NOT-ARRAY "));
  EXPECT_THAT(found(message, Judge::kSlipway), IsEmpty());
}

TEST(Check, AKeyThatAuroraTakesAndSlipwayDoesNotUseIsAWarning) {
  const std::string text =
      R"([{"executor":{"name":"e","command":{"value":"v"},"resources":[],"labels":{}},"task_prefix":"p"}])";
  EXPECT_THAT(found(text), ElementsAre("W-KEY-UNUSED /0/executor/labels"));
}

TEST(Check, EveryEntryIsJudgedInOnePass) {
  const std::string text =
      array(cat(entry(R"({"value":1})"), ',', entry(R"({"value":"v"})", "[]", "e"), ',',
                entry(R"({"value":"a","vlaue":"b"})", "[]", "f")));
  EXPECT_THAT(found(text),
              ElementsAre("E-TYPE /0/executor/command/value", "E-NAME-TWICE /1/executor/name",
                          "E-KEY-UNKNOWN /2/executor/command/vlaue"));
}

TEST(Check, ASlipOfSyntaxDoesNotHideTheOtherMistakes) {
  const std::string text =
      R"([{"executor":{"name":"e","command":{"value":'v',},"resources":[]},"task_prefix":1}])";
  EXPECT_THAT(found(text), ElementsAre("E-JSON ", "E-JSON ", "E-TYPE /0/task_prefix"));
}

TEST(Check, LintsStandAtTheirPlace) {
  EXPECT_THAT(found(array(entry(R"({"value":"a b","shell":false})"))),
              ElementsAre("W-BLANKS /0/executor/command/value"));
  EXPECT_THAT(found(array(entry(R"({"value":"a","shell":false,"arguments":["-x"]})"))),
              ElementsAre("W-ARGV0 /0/executor/command/arguments/0"));
  EXPECT_THAT(found(array(entry(R"({"value":"a","arguments":["-x"]})"))),
              ElementsAre("W-SHELL-ARGUMENTS /0/executor/command/arguments"));
  EXPECT_THAT(found(array(entry(R"({"value":"./x --agent=${MESOS_SLAVE_PID}"})"))),
              ElementsAre("W-AGENT-VARIABLE /0/executor/command/value"));
  EXPECT_THAT(found(with_uri(R"({"value":"http://h/a.tgz","executable":true})")),
              ElementsAre("W-EXTRACT-EXECUTABLE /0/executor/command/uris/0/value"));
  EXPECT_THAT(found(with_uri(R"({"value":"http://h/a.bin","extract":true})")),
              ElementsAre("W-NOT-ARCHIVE /0/executor/command/uris/0/value"));
  EXPECT_THAT(found(with_uri(R"({"value":"http://h/a?x"})")),
              ElementsAre("W-QUERY-NAME /0/executor/command/uris/0/value"));
  EXPECT_THAT(found(with_uri(R"({"value":"http://h/stdout"})")),
              ElementsAre("W-OUTPUT-NAME /0/executor/command/uris/0/value"));
  EXPECT_THAT(found(with_uri(R"({"value":"http://h/a"},{"value":"http://i/a"})")),
              ElementsAre("E-SAME-PATH /0/executor/command/uris/1/value"));
  EXPECT_THAT(
      found(with_uri(R"({"value":"http://h/a"},{"value":"http://i/b","output_file":"a/b"})")),
      ElementsAre("E-SAME-PATH /0/executor/command/uris/1/value"));
  EXPECT_THAT(found(with_uri(R"({"value":"http://h/a","output_file":".slipway/x"})")),
              ElementsAre("E-OUTPUT-FILE /0/executor/command/uris/0/output_file"));
  EXPECT_THAT(found(with_uri(R"({"value":"http://h/.slipway"})")),
              ElementsAre("E-OUTPUT-FILE /0/executor/command/uris/0/value"));
  EXPECT_THAT(found(with_uri(R"({"value":"http://h/a.tgz","cache":true},)"
                             R"({"value":"http://i/a.tgz","cache":true})")),
              IsEmpty())
      << "only what is in them is left";
  EXPECT_THAT(found(array(entry(R"({"value":"true","user":""})"))),
              ElementsAre("E-USER /0/executor/command/user"));
  EXPECT_THAT(found(with_volume(R"({"host_path":"/a","container_path":"e","mode":"RO"},)"
                                R"({"host_path":"/b","container_path":"e","mode":"RO"})")),
              ElementsAre("E-MOUNT-TARGET /0/volume_mounts/1/container_path"));
  EXPECT_THAT(found(with_uri(R"({"value":"dist/a"})")),
              ElementsAre("W-RELATIVE /0/executor/command/uris/0/value"));
  EXPECT_THAT(found(with_uri(R"({"value":"http://h/a#sha1=00"})")),
              ElementsAre("W-FETCH /0/executor/command/uris/0/value"));
  EXPECT_THAT(found(with_volume(R"({"host_path":"/etc/x","container_path":"e","mode":"RW"})")),
              ElementsAre("W-SYSTEM-VOLUME /0/volume_mounts/0/host_path"));
  EXPECT_THAT(found(with_uri(R"({"value":"http://h/a/"})")),
              ElementsAre("E-URI /0/executor/command/uris/0/value"));
}

TEST(Check, LintsPassWhereNothingIsWrong) {
  EXPECT_THAT(found(with_volume(R"({"host_path":"/etc","container_path":"e","mode":"RO"})")),
              IsEmpty());
  EXPECT_THAT(found(with_volume(R"({"host_path":"/etcetera","container_path":"e","mode":"RW"})")),
              IsEmpty());
  // Its own variable; no variable but a longer name; no shell that would expand it.
  EXPECT_THAT(
      found(array(entry(
          R"({"value":"$MESOS_SLAVE_PID","environment":{"variables":[{"name":"MESOS_SLAVE_PID","value":"x"}]}})"))),
      IsEmpty());
  EXPECT_THAT(found(array(entry(R"({"value":"$MESOS_SLAVE_PIDS MESOS_SLAVE_PID"})"))), IsEmpty());
  EXPECT_THAT(found(array(entry(R"({"value":"$MESOS_SLAVE_PID","shell":false})"))), IsEmpty());
}

TEST(Check, ALintOfALaterUriKeepsItsPlaceBehindOneThatIsWrong) {
  EXPECT_THAT(found(with_uri(R"({"value":1},{"value":"http://h/a?x"})")),
              ElementsAre("E-TYPE /0/executor/command/uris/0/value",
                          "W-QUERY-NAME /0/executor/command/uris/1/value"));
}

TEST(Check, StrictMakesErrorsOfWarnings) {
  const auto checked = check("f", with_uri(R"({"value":"http://h/a?x"})"),
                             {Judge::kAurora, Strictness::kWarningsFail});
  ASSERT_EQ(checked.findings.size(), 1U);
  EXPECT_EQ(checked.findings[0].severity, CheckFinding::Severity::kError);
}

TEST(Check, AnExecutorThatIsAskedForMustBeThere) {
  const std::string text = array(entry(R"({"value":"v"})", "[]", "compose"));
  EXPECT_THAT(found(check("f", text, {Judge::kAurora, {}, "compose"})), IsEmpty());
  const auto checked = check("f", text, {Judge::kAurora, {}, "compsoe"});
  EXPECT_THAT(found(checked), ElementsAre("E-NO-SUCH-EXECUTOR "));
  EXPECT_THAT(checked.findings[0].what, HasSubstr("did you mean 'compose'?"));
}

std::string text_of(const std::string& text) {
  return render_text({check("f", text, {})});
}

TEST(Check, AFloodOfMistakesIsCutShortAndCounted) {
  std::string text = "[0";
  for (int i = 1; i < 2000; ++i) text += ",0";
  const auto checked = check("f", text + "]", {});
  EXPECT_EQ(checked.findings.size(), 1000U);
  EXPECT_EQ(checked.left_out, 1000U);
  EXPECT_THAT(render_text({checked}),
              HasSubstr("f: 1000 errors, no warnings in 0 entries; and 1000 more"));
  EXPECT_THAT(render_json({checked}, {}), HasSubstr("\"left_out\": 1000"));
}

TEST(Check, ManyUnknownKeysAreReadInOnePass) {
  std::string text = R"({"executor":{"k":1)";
  for (int i = 0; i < 50'000; ++i) text += cat(",\"k", i, "\":1");
  const auto checked = check("f", text + "}}", {});
  EXPECT_EQ(checked.findings.size(), 1000U);
}

TEST(RenderCheck, TheCaretsStandUnderTheToken) {
  EXPECT_EQ(text_of("[\n\t{\"executor\": 1, \"task_prefix\": \"p\"}\n]"),
            "f:2:15: error: /0/executor: is a number; an object is expected [E-TYPE]\n"
            "    2 |  {\"executor\": 1, \"task_prefix\": \"p\"}\n"
            "      |               ^\n"
            "f: 1 error, no warnings in 1 entry\n");
}

TEST(RenderCheck, ALongLineIsCutAroundThePlace) {
  const std::string text = cat("[", std::string(300, ' '), "1", std::string(300, ' '), ", \"x\"]");
  EXPECT_THAT(text_of(text), HasSubstr(cat("| ...", std::string(60, ' '), "1")));
  EXPECT_THAT(text_of(text), HasSubstr(cat("| ", std::string(63, ' '), "^\n")));
}

TEST(RenderCheck, WideCharactersMoveTheCaret) {
  EXPECT_THAT(text_of("[\"\xe6\xbc\xa2\xe5\xad\x97\", 1]"), HasSubstr("|          ^\n"));
}

TEST(RenderCheck, NoSecretIsInALineThatIsShown) {
  const std::string text =
      with_uri(R"({"value":"http://bob:hunter2@h/a?token=abc","extract":"x"})");
  const auto checked = check("f", text, {});
  for (const std::string& out : {render_text({checked}), render_json({checked}, {})}) {
    EXPECT_THAT(out, Not(HasSubstr("hunter2")));
    EXPECT_THAT(out, Not(HasSubstr("abc")));
    EXPECT_THAT(out, HasSubstr("E-VALUE"));
  }
}

TEST(RenderCheck, ControlCharactersOfTheFileAreShownAsText) {
  EXPECT_THAT(text_of("[\x1b]"), Not(HasSubstr("\x1b")));
}

TEST(RenderCheck, JsonHasEveryFindingWithItsPlace) {
  const auto checked = check("f", "[1]", {});
  EXPECT_THAT(render_json({checked}, {}),
              testing::AllOf(HasSubstr("\"version\": 1"), HasSubstr("\"errors\": 1"),
                             HasSubstr("\"code\": \"E-TYPE\""), HasSubstr("\"line\": 1"),
                             HasSubstr("\"column\": 2"), HasSubstr("\"pointer\": \"/0\"")));
}

}  // namespace
}  // namespace slipway::launcher
