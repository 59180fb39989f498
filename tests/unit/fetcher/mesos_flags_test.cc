#include "fetcher/mesos/mesos_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace slipway::fetcher {
namespace {

using ::testing::HasSubstr;

std::string_view nothing(const char*) {
  return "";
}

MesosInvocation parse(const std::vector<std::string_view>& arguments,
                      std::string_view (*variable)(const char*) = &nothing) {
  return parse_mesos_flags(arguments, variable);
}

log::Level level(const MesosInvocation& invocation) {
  const auto* flags = std::get_if<MesosFlags>(&invocation);
  EXPECT_NE(flags, nullptr);
  return flags == nullptr ? log::Level::kDebug : flags->threshold;
}

TEST(MesosFlags, HowMuchIsToldIsSaidByFlagsAndVariables) {
  EXPECT_EQ(level(parse({})), log::Level::kInfo);
  EXPECT_EQ(level(parse({"--logging_level=WARNING"})), log::Level::kWarning);
  EXPECT_EQ(level(parse({"--logging_level=ERROR"})), log::Level::kError);
  EXPECT_EQ(level(parse({"--quiet"})), log::Level::kError);
  EXPECT_EQ(level(parse({"--quiet=true", "--logging_level=WARNING"})), log::Level::kError);
  EXPECT_EQ(level(parse({"--quiet=false"})), log::Level::kInfo);
  EXPECT_EQ(level(parse({"--no-quiet"})), log::Level::kInfo);
  EXPECT_EQ(level(parse({},
                        [](const char* name) -> std::string_view {
                          return std::string_view(name) == "MESOS_LOGGING_LEVEL" ? "ERROR" : "";
                        })),
            log::Level::kError);
  EXPECT_EQ(level(parse({},
                        [](const char* name) -> std::string_view {
                          return std::string_view(name) == "MESOS_QUIET" ? "1" : "";
                        })),
            log::Level::kError);
}

std::string_view silent(const char* name) {
  return std::string_view(name) == "MESOS_QUIET" ? "1" : "ERROR";
}

TEST(MesosFlags, TheCommandLineComesBeforeTheEnvironment) {
  EXPECT_EQ(level(parse({"--no-quiet", "--logging_level=INFO"}, &silent)), log::Level::kInfo);
  EXPECT_EQ(level(parse({"--quiet=false", "--logging_level=WARNING"}, &silent)),
            log::Level::kWarning);
  EXPECT_EQ(level(parse({"--no-quiet"}, &silent)), log::Level::kError);
  EXPECT_EQ(level(parse({"--logging_level=INFO"}, &silent)), log::Level::kError) << "still quiet";
  EXPECT_EQ(level(parse({"--quiet", "--no-quiet"})), log::Level::kInfo);
  const auto verbose = [](const char* name) -> std::string_view {
    return std::string_view(name) == "SLIPWAY_VERBOSE" ? "1" : silent(name);
  };
  EXPECT_EQ(level(parse({}, verbose)), log::Level::kDebug);
  EXPECT_EQ(level(parse({"--quiet"}, verbose)), log::Level::kError);
  EXPECT_EQ(level(parse({"--no-quiet", "--logging_level=WARNING"}, verbose)), log::Level::kWarning);
}

// Mesos starts with no other either.
TEST(MesosFlags, AnUnknownLevelIsAMisuse) {
  const auto unknown = [](const char* name) -> std::string_view {
    return std::string_view(name) == "MESOS_LOGGING_LEVEL" ? "DEBUG" : "";
  };
  EXPECT_TRUE(std::holds_alternative<MesosMisuse>(parse({"--logging_level=DEBUG"})));
  EXPECT_TRUE(std::holds_alternative<MesosMisuse>(parse({"--logging_level"})));
  EXPECT_TRUE(std::holds_alternative<MesosMisuse>(parse({}, unknown)));
  EXPECT_EQ(level(parse({"--logging_level=ERROR"}, unknown)), log::Level::kError);
}

TEST(MesosFlags, WhatMeansNothingHereIsTaken) {
  EXPECT_EQ(level(parse({"--log_dir=/tmp", "--logbufsecs=3", "--no-initialize_driver_logging",
                         "--external_log_file=x"})),
            log::Level::kInfo);
}

TEST(MesosFlags, HelpIsAskedForByItsName) {
  EXPECT_TRUE(std::holds_alternative<MesosHelp>(parse({"--help"})));
  EXPECT_THAT(mesos_usage(), HasSubstr("MESOS_FETCHER_INFO"));
}

TEST(MesosFlags, HelpFitsATerminal) {
  std::istringstream in(mesos_usage());
  for (std::string line; std::getline(in, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST(MesosFlags, AnythingElseIsAMisuseThatRepeatsNoValue) {
  for (const std::string_view argument : {"--colour=secret", "--", "--Quiet"}) {
    const auto invocation = parse({argument});
    const auto* misuse = std::get_if<MesosMisuse>(&invocation);
    ASSERT_NE(misuse, nullptr) << argument;
    EXPECT_THAT(misuse->what, ::testing::Not(HasSubstr("secret")));
  }
  EXPECT_TRUE(std::holds_alternative<MesosMisuse>(parse({"word"})));
}

}  // namespace
}  // namespace slipway::fetcher
