#include "sandbox/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::sandbox {
namespace {

TEST(Environment, TheLastSettingCounts) {
  Environment environment;
  environment.set("B", "1", EnvSource::kInherited);
  environment.set("A", "2", EnvSource::kEntry);
  environment.set("B", "3", EnvSource::kOption);
  ASSERT_EQ(environment.variables().size(), 2U);
  EXPECT_EQ(environment.variables()[0].name, "A");
  EXPECT_EQ(environment.find("B")->value, "3");
  EXPECT_EQ(environment.find("B")->source, EnvSource::kOption);
  EXPECT_EQ(environment.find("C"), nullptr);
}

TEST(Environment, PassesWhatAnAgentGivesAndNoSecretOfTheCaller) {
  for (const char* name :
       {"PATH", "LANG", "LC_ALL", "TZ", "TERM", "MESOS_SLAVE_PID", "LIBPROCESS_IP"}) {
    EXPECT_TRUE(passes_by_default(name)) << name;
  }
  for (const char* name :
       {"LD_PRELOAD", "AWS_SECRET_ACCESS_KEY", "LIBPROCESS_SSL_KEY_FILE", "MESOS_WORK_DIR",
        "MESOS_CREDENTIAL", "http_proxy", "HOME", "SLIPWAY_ENTRY", ""}) {
    EXPECT_FALSE(passes_by_default(name)) << name;
  }
}

TEST(Environment, NamesOfSecretsAreRecognised) {
  for (const char* name : {"MESOS_EXECUTOR_AUTHENTICATION_TOKEN", "DB_PASS", "DB_PWD",
                           "db_password", "AWS_SECRET_ACCESS_KEY"}) {
    EXPECT_TRUE(looks_secret(name)) << name;
  }
  for (const char* name : {"PATH", "PWD", "OLDPWD", "MESOS_SLAVE_PID", "KEYBOARD"})
    EXPECT_FALSE(looks_secret(name)) << name;
}

TEST(EnvFile, HasOneAssignmentALine) {
  const auto parsed = parse_env_file("A=1\n\n# comment\nB=x=y \nC=");
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 3U);
  EXPECT_EQ((*parsed)[1].name, "B");
  EXPECT_EQ((*parsed)[1].value, "x=y ");
  EXPECT_EQ((*parsed)[2].value, "");
}

TEST(EnvFile, MayBeTheEnvironmentOfALiveProcess) {
  const auto parsed = parse_env_file(std::string_view("A=1\nsecond line\0 \0B=2\0", 22));
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 2U);
  EXPECT_EQ((*parsed)[0].value, "1\nsecond line");
}

TEST(EnvFile, MayComeFromAnyEditor) {
  const auto parsed = parse_env_file(
      "\xef\xbb\xbf"
      "A=1\r\n  # comment\r\n\t B= 2 \r\n\r\n");
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 2U);
  EXPECT_EQ((*parsed)[0].name, "A");
  EXPECT_EQ((*parsed)[0].value, "1");
  EXPECT_EQ((*parsed)[1].name, "B");
  EXPECT_EQ((*parsed)[1].value, " 2 ");
}

TEST(EnvFile, NamesTheLineThatIsNoAssignment) {
  const auto parsed = parse_env_file("A=1\nexport\n");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message(), "line 2 is no NAME=VALUE");
  for (const char* text : {"export A=1\n", "A =1", "\"private_key\": \"SECRET=\""}) {
    const auto blank = parse_env_file(text);
    ASSERT_FALSE(blank) << text;
    EXPECT_EQ(blank.error().message(), "line 1 has a blank in front of its '='");
  }
}

}  // namespace
}  // namespace slipway::sandbox
