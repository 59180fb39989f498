// Planning is pure: volumes and a survey in, steps or problems out.
#include "mounts/mount_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/result_matchers.h"

namespace slipway::mounts {
namespace {

using sandbox::AbsolutePath;
using sandbox::SandboxPath;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

AbsolutePath absolute(std::string_view text) {
  return *AbsolutePath::parse(text);
}

Target target(std::string_view text) {
  if (text.starts_with('/')) return absolute(text);
  return *SandboxPath::parse(text);
}

// Volumes and what was seen of each, built together.
struct World {
  std::vector<VolumeSpec> volumes;
  MountSurvey survey;
  std::optional<AbsolutePath> sandbox = absolute("/var/mesos/sandbox");

  VolumeSurvey& add(std::string_view host, std::string_view container,
                    Access access = Access::kReadOnly, FileKind kind = FileKind::kDirectory) {
    volumes.push_back({absolute(host), target(container), access});
    survey.volumes.push_back({kind, std::nullopt, std::nullopt});
    if (container.starts_with('/')) {
      survey.volumes.back().target =
          Result<TargetPlace>(TargetPlace{absolute(container), {}, kind});
    }
    return survey.volumes.back();
  }
  VolumeSurvey& add_missing(std::string_view host, std::string_view container,
                            std::vector<std::string> missing,
                            FileKind kind = FileKind::kDirectory) {
    auto& volume = add(host, container, Access::kReadOnly, kind);
    volume.target =
        Result<TargetPlace>(TargetPlace{absolute(container), std::move(missing), std::nullopt});
    if (!survey.root) survey.root = Result<RootSurvey>(RootSurvey{20, false});
    return volume;
  }
  [[nodiscard]] auto plan(Privilege privilege = Privilege::kOrdinaryUser) const {
    return plan_mounts(volumes, survey, sandbox, privilege);
  }
  [[nodiscard]] std::vector<std::string> steps() const {
    const auto planned = plan();
    std::vector<std::string> lines;
    if (!planned) return {planned.error()[0].error.message()};
    for (const auto& step : planned->steps) lines.push_back(describe(step));
    return lines;
  }
  // "index: message", each problem.
  [[nodiscard]] std::vector<std::string> problems() const {
    const auto planned = plan();
    std::vector<std::string> lines;
    if (planned) return lines;
    for (const auto& problem : planned.error()) {
      lines.push_back(std::to_string(problem.volume) + ": " + problem.error.message());
    }
    return lines;
  }
};

TEST(MountPlan, NoVolumesNeedNoStepsAndNoNamespace) {
  EXPECT_THAT(World().steps(), ElementsAre());
}

TEST(MountPlan, TheOrderIsNamespaceIsolationTakingMakingAttachingVerifying) {
  World world;
  world.add("/host/a", "a");
  world.add("/host/b", "/srv", Access::kReadWrite);
  EXPECT_THAT(
      world.steps(),
      ElementsAre(
          "enter a new user namespace (own uid and gid only) and mount namespace",
          "make every mount of the namespace slave and nosuid",
          "take a directory '/host/a' with the rights of the task's user",
          "take a directory '/host/b' with the rights of the task's user",
          "make directory 'a' in the sandbox where it is missing",
          "bind '/host/a' on 'a' in the sandbox read-only, recursive, nosuid, nodev, private",
          "bind '/host/b' on '/srv' read-write, recursive, nosuid, nodev, slave",
          "verify the flags of every volume in the mount table"));
}

TEST(MountPlan, ThePrivilegeDecidesTheNamespaces) {
  World world;
  world.add("/host", "a");
  const auto first = [&](Privilege privilege) {
    return describe(world.plan(privilege)->steps.front());
  };
  EXPECT_EQ(first(Privilege::kRealRoot), "enter a new mount namespace");
  EXPECT_THAT(first(Privilege::kRootForUser), HasSubstr("every id stays itself"));
}

TEST(MountPlan, MissingNamesDirectlyInRootAreAddedToItOnce) {
  World world;
  world.add_missing("/host/1", "/path/on/container", {"path", "on", "container"});
  world.add_missing("/host/2", "/path/file", {"path", "file"}, FileKind::kFile);
  EXPECT_THAT(world.steps(),
              ::testing::Contains("extend '/' inside the namespace only with directories '/path', "
                                  "'/path/on', '/path/on/container' and files '/path/file'"));
}

TEST(MountPlan, ParentsComeBeforeChildrenWhateverTheOrder) {
  World world;
  world.add_missing("/host/in", "/v/in", {"v", "in"}).inside =
      Result<std::optional<FileKind>>(std::optional(FileKind::kDirectory));
  world.add_missing("/host/out", "/v", {"v"});
  const auto steps = world.steps();
  ASSERT_EQ(steps.size(), 8U);
  EXPECT_EQ(steps[4], "extend '/' inside the namespace only with directories '/v'");
  EXPECT_THAT(steps[5], HasSubstr("bind '/host/out' on '/v'"));
  EXPECT_THAT(steps[6], HasSubstr("bind '/host/in' on '/v/in'"));
}

TEST(MountPlan, AVolumeInsideAnotherIsNotMadeAnywhere) {
  World world;
  auto& inner = world.add("/host/in", "v/in");
  inner.inside = Result<std::optional<FileKind>>(std::optional(FileKind::kDirectory));
  world.add("/host/out", "v");
  const auto steps = world.steps();
  ASSERT_EQ(steps.size(), 8U);
  EXPECT_THAT(steps[4], HasSubstr("make directory 'v'"));
  EXPECT_THAT(steps[5], HasSubstr("bind '/host/out' on 'v'"));
  EXPECT_THAT(steps[6], HasSubstr("bind '/host/in' on 'v/in'"));
}

TEST(MountPlan, AnAbsolutePathInTheSandboxIsARelativeOne) {
  World world;
  world.add_missing("/host", "/var/mesos/sandbox/data", {"data"});
  EXPECT_THAT(world.steps()[3], HasSubstr("make directory 'data' in the sandbox"));
}

TEST(MountPlan, DevicesKeepTheirUse) {
  World world;
  world.add("/dev/null", "null", Access::kReadWrite, FileKind::kDevice);
  EXPECT_THAT(world.steps()[4],
              HasSubstr("on 'null' in the sandbox read-write, recursive, nosuid, slave"));
}

TEST(MountPlan, EveryProblemIsReportedAtOnce) {
  World world;
  world.add("/gone", "a").source = Error::system(ENOENT, "open '/gone'");
  world.add("/host", "/proc/sys");
  world.add("/host", "b");
  world.add("/other", "b");
  world.add("/file", "/srv", Access::kReadOnly, FileKind::kFile).target =
      Result<TargetPlace>(TargetPlace{absolute("/srv"), {}, FileKind::kDirectory});
  EXPECT_THAT(
      world.problems(),
      ElementsAre("0: host_path '/gone': open '/gone': No such file or directory",
                  "1: container_path '/proc/sys' lies in /proc, where processes and the kernel's "
                  "settings are seen",
                  "3: container_path 'b' is the target of host_path '/host' already",
                  "4: host_path '/file' is a file, but container_path '/srv' is a directory"));
}

TEST(MountPlan, TheSandboxAndEverythingAboveItIsRefusedByItsRealName) {
  for (const char* path : {"/var/mesos", "/var/mesos/sandbox"}) {
    World world;
    world.add("/host", "/link").target =
        Result<TargetPlace>(TargetPlace{absolute(path), {}, FileKind::kDirectory});
    EXPECT_THAT(world.problems(),
                ElementsAre(AllOf(HasSubstr("'/link' (really '"), HasSubstr("hide the sandbox"))));
  }
}

TEST(MountPlan, ALinkIntoAKernelTreeIsRefused) {
  World world;
  world.add("/host", "/link").target =
      Result<TargetPlace>(TargetPlace{absolute("/dev/shm"), {}, FileKind::kDirectory});
  EXPECT_THAT(world.problems(), ElementsAre(HasSubstr("'/dev/shm' lies in /dev")));
}

TEST(MountPlan, TwoNamesOfOneTargetClash) {
  World world;
  world.add("/host/1", "/real");
  world.add("/host/2", "/link").target =
      Result<TargetPlace>(TargetPlace{absolute("/real"), {}, FileKind::kDirectory});
  world.add("/host/3", "in");
  world.add("/host/4", "/var/mesos/sandbox/in");
  EXPECT_THAT(world.problems(), ElementsAre(HasSubstr("1: "), HasSubstr("3: ")));
}

TEST(MountPlan, WhatIsMissingDeepInTheHostIsAProblemWithARemedy) {
  World world;
  world.add_missing("/host", "/srv/a/b", {"a", "b"});
  const auto planned = world.plan();
  ASSERT_FALSE(planned.has_value());
  EXPECT_THAT(planned.error()[0].error.message(), HasSubstr("there is no 'a' in '/srv'"));
  EXPECT_THAT(planned.error()[0].error.remedy(), HasSubstr("create it on the host"));
}

TEST(MountPlan, WhatIsMissingInsideAnotherVolumeIsAProblem) {
  World world;
  world.add("/host/out", "v");
  world.add("/host/in", "v/in").inside = Result<std::optional<FileKind>>(std::optional<FileKind>());
  EXPECT_THAT(world.problems(), ElementsAre(HasSubstr("has no such place")));
}

TEST(MountPlan, ARootThatCannotBeExtendedIsAProblem) {
  World world;
  world.add_missing("/host", "/new", {"new"});
  world.survey.root = Result<RootSurvey>(RootSurvey{1001, false});
  EXPECT_THAT(world.problems(), ElementsAre(HasSubstr("1001 entries, more than 1000")));
  world.survey.root = Result<RootSurvey>(RootSurvey{20, true});
  EXPECT_THAT(world.problems(), ElementsAre(HasSubstr("others than root can write to it")));
  world.survey.root = Result<RootSurvey>(Error::system(EACCES, "open '/'"));
  EXPECT_THAT(world.problems(), ElementsAre(HasSubstr("open '/': Permission denied")));
  world.survey.root = Result<RootSurvey>(RootSurvey{1000, false});
  EXPECT_THAT(world.problems(), ElementsAre());
}

}  // namespace
}  // namespace slipway::mounts
