// Planning is pure: volumes and a survey in, steps or problems out.
#include "mounts/mount_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <utility>

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
    survey.volumes.push_back({kind, {}, {}, {}});
    if (container.starts_with('/')) {
      survey.volumes.back().target.emplace(TargetPlace{absolute(container), {}, kind});
    }
    return survey.volumes.back();
  }
  VolumeSurvey& add_missing(std::string_view host, std::string_view container,
                            std::vector<std::string> missing,
                            FileKind kind = FileKind::kDirectory) {
    auto& volume = add(host, container, Access::kReadOnly, kind);
    volume.target.emplace(TargetPlace{absolute(container), std::move(missing), std::nullopt});
    volume.nearest.emplace(DirectorySurvey{20, false, false});
    return volume;
  }
  // A target inside the volume that covers it.
  VolumeSurvey& add_inside(std::string_view host, std::string_view container,
                           std::vector<std::string> missing = {}) {
    auto& volume = add(host, container);
    if (missing.empty()) {
      volume.inside.emplace(InnerPlace{{}, FileKind::kDirectory});
    } else {
      volume.inside.emplace(InnerPlace{std::move(missing), std::nullopt});
      volume.nearest.emplace(DirectorySurvey{3, false, false});
    }
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
          "bind '/host/b' on '/srv' read-write, recursive, nosuid, nodev, slave",
          "make directory 'a' in the sandbox where it is missing",
          "bind '/host/a' on 'a' in the sandbox read-only, recursive, nosuid, nodev, private",
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
              ::testing::Contains(
                  "extend '/' inside the namespace only: mirror its 20 entries, add directories "
                  "'path', 'path/on', 'path/on/container' and files 'path/file'"));
}

TEST(MountPlan, ParentsComeBeforeChildrenWhateverTheOrder) {
  World world;
  world.add_inside("/host/in", "/v/in");
  world.add_missing("/host/out", "/v", {"v"});
  const auto steps = world.steps();
  ASSERT_EQ(steps.size(), 8U);
  EXPECT_EQ(steps[4],
            "extend '/' inside the namespace only: mirror its 20 entries, add directories 'v'");
  EXPECT_THAT(steps[5], HasSubstr("bind '/host/out' on '/v'"));
  EXPECT_THAT(steps[6], HasSubstr("bind '/host/in' on '/v/in'"));
}

TEST(MountPlan, AVolumeInsideAnotherIsNotMadeAnywhere) {
  World world;
  world.add_inside("/host/in", "v/in");
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
  world.add("/file", "/srv", Access::kReadOnly, FileKind::kFile)
      .target.emplace(TargetPlace{absolute("/srv"), {}, FileKind::kDirectory});
  EXPECT_THAT(
      world.problems(),
      ElementsAre("0: host_path '/gone': open '/gone': No such file or directory",
                  "1: container_path '/proc/sys' lies in /proc, where processes and the kernel's "
                  "settings are seen",
                  "3: container_path 'b' is the target of host_path '/host' already",
                  "4: host_path '/file' is a file, but container_path '/srv' is a directory"));
}

TEST(MountPlan, SlipwaysOwnPlaceIsNoSource) {
  for (const char* path : {"/var/mesos/sandbox/.slipway", "/var/mesos/sandbox/.slipway/x"}) {
    World world;
    world.add(path, "data");
    EXPECT_THAT(world.problems(), ElementsAre(HasSubstr("slipway's own place")));
  }
}

TEST(MountPlan, WhatAnExistingSandboxHasInTheWayIsAProblem) {
  World world;
  auto& volume = world.add("/host", "data");
  volume.inside.emplace(InnerPlace{{}, FileKind::kFile});
  EXPECT_THAT(world.problems(), ElementsAre(AllOf(HasSubstr("'/host' is a directory"),
                                                  HasSubstr("'data' is a file"))));
  volume.inside.emplace(Error::system(ELOOP, "open 'data'"));
  EXPECT_THAT(world.problems(), ElementsAre(HasSubstr("'data' in the sandbox: open 'data'")));
  volume.inside.emplace(InnerPlace{{"data"}, std::nullopt});
  EXPECT_THAT(world.problems(), ElementsAre());
}

TEST(MountPlan, WhatAVolumeWillNotBeIsAWarning) {
  World world;
  world.add("/media", "a", Access::kReadWrite).source_is_read_only = true;
  world.add("/dev/null", "b", Access::kReadOnly, FileKind::kDevice);
  world.add("/dev/zero", "c", Access::kReadWrite, FileKind::kDevice);
  world.add("/media", "d", Access::kReadOnly).source_is_read_only = true;
  world.add("/run/docker.sock", "e", Access::kReadOnly, FileKind::kSocket);
  world.add("/run/initctl", "f", Access::kReadOnly, FileKind::kPipe);
  world.add("/run/docker.sock", "g", Access::kReadWrite, FileKind::kSocket);
  EXPECT_THAT(
      world.plan()->warnings,
      ElementsAre(AllOf(HasSubstr("'/media' is on a read-only mount"), HasSubstr("'a'")),
                  HasSubstr("'/dev/null' is a device"), HasSubstr("'/run/docker.sock' is a socket"),
                  HasSubstr("'/run/initctl' is a pipe")));
}

TEST(MountPlan, TheSandboxAndEverythingAboveItIsRefusedByItsRealName) {
  for (const char* path : {"/var/mesos", "/var/mesos/sandbox"}) {
    World world;
    world.add("/host", "/link")
        .target.emplace(TargetPlace{absolute(path), {}, FileKind::kDirectory});
    EXPECT_THAT(world.problems(),
                ElementsAre(AllOf(HasSubstr("'/link' (really '"), HasSubstr("hide the sandbox"))));
  }
}

TEST(MountPlan, ALinkIntoAKernelTreeIsRefused) {
  World world;
  world.add("/host", "/link")
      .target.emplace(TargetPlace{absolute("/dev/shm"), {}, FileKind::kDirectory});
  EXPECT_THAT(world.problems(), ElementsAre(HasSubstr("'/dev/shm' lies in /dev")));
}

TEST(MountPlan, TwoNamesOfOneTargetClash) {
  World world;
  world.add("/host/1", "/real");
  world.add("/host/2", "/link")
      .target.emplace(TargetPlace{absolute("/real"), {}, FileKind::kDirectory});
  world.add("/host/3", "in");
  world.add("/host/4", "/var/mesos/sandbox/in");
  EXPECT_THAT(world.problems(), ElementsAre(HasSubstr("1: "), HasSubstr("3: ")));
}

TEST(MountPlan, WhatIsMissingDeepInTheHostIsMadeByExtendingTheNearestDirectory) {
  World world;
  world.add_missing("/host/1", "/usr/lib/x/y", {"x", "y"});
  world.add_missing("/host/2", "/usr/new", {"new"}, FileKind::kFile);
  world.add_missing("/host/3", "/usr/lib/z", {"z"});
  world.add("/host/4", "/usr/lib/there");
  const auto steps = world.steps();
  ASSERT_EQ(steps.size(), 13U);
  EXPECT_THAT(steps[6], HasSubstr("extend '/usr' inside the namespace only: mirror its 20 entries, "
                                  "add files 'new'"));
  EXPECT_THAT(steps[7], HasSubstr("on '/usr/new'"));
  EXPECT_THAT(steps[8], HasSubstr("extend '/usr/lib' inside the namespace only: mirror its 20 "
                                  "entries, add directories 'x', 'x/y', 'z'"));
  EXPECT_THAT(steps[9], HasSubstr("on '/usr/lib/z'"));
  EXPECT_THAT(steps[10], HasSubstr("on '/usr/lib/there'"));
  EXPECT_THAT(steps[11], HasSubstr("on '/usr/lib/x/y'"));
}

TEST(MountPlan, WhatIsMissingInsideAnotherVolumeIsMadeOverItNeverThroughIt) {
  World world;
  world.add_inside("/host/in", "v/sub/new", {"new"});
  world.add("/host/out", "v", Access::kReadWrite);
  const auto steps = world.steps();
  ASSERT_EQ(steps.size(), 9U);
  EXPECT_THAT(steps[5], HasSubstr("bind '/host/out' on 'v'"));
  EXPECT_EQ(steps[6],
            "extend 'v/sub' in the sandbox inside the namespace only: mirror its 3 entries, add "
            "directories 'new'");
  EXPECT_THAT(steps[7], HasSubstr("bind '/host/in' on 'v/sub/new'"));
}

TEST(MountPlan, TheRootOfAVolumeIsExtendedAfterItIsAttached) {
  World world;
  world.add_inside("/host/in", "/srv/new", {"new"});
  world.add("/host/out", "/srv");
  const auto steps = world.steps();
  ASSERT_EQ(steps.size(), 8U);
  EXPECT_THAT(steps[4], HasSubstr("bind '/host/out' on '/srv'"));
  EXPECT_THAT(steps[5], HasSubstr("extend '/srv'"));
  EXPECT_THAT(steps[6], HasSubstr("bind '/host/in' on '/srv/new'"));
}

TEST(MountPlan, ADirectoryThatCannotBeExtendedIsAProblemWithARemedy) {
  World world;
  auto& volume = world.add_missing("/host", "/srv/new", {"new"});
  const auto with = [&](Result<DirectorySurvey> nearest) {
    volume.nearest.emplace(std::move(nearest));
    return world.problems();
  };
  EXPECT_THAT(with(DirectorySurvey{1001, false, false}),
              ElementsAre(AllOf(HasSubstr("'/srv/new' does not exist"),
                                HasSubstr("'/srv' cannot be extended"),
                                HasSubstr("more than 1000 entries"))));
  EXPECT_THAT(with(DirectorySurvey{20, true, true}),
              ElementsAre(HasSubstr("everybody may write to it")));
  EXPECT_THAT(with(DirectorySurvey{20, false, true}),
              ElementsAre(HasSubstr("the task's user may write to it")));
  EXPECT_THAT(with(Error::system(EACCES, "open '/srv'")),
              ElementsAre(HasSubstr("open '/srv': Permission denied")));
  const auto planned = world.plan();
  EXPECT_THAT(planned.error()[0].error.remedy(), HasSubstr("create it on the host"));
  EXPECT_THAT(with(DirectorySurvey{1000, false, false}), ElementsAre());
}

// Whoever may write to the directory on the host finds it read-only in such a volume anyway.
TEST(MountPlan, AReadOnlyVolumeCanBeExtendedWhoeverMayWriteToItsSource) {
  for (const auto access : {Access::kReadOnly, Access::kReadWrite}) {
    World world;
    world.add("/host/out", "v", access);
    world.add_inside("/host/in", "v/new", {"new"}).nearest.emplace(DirectorySurvey{3, true, true});
    EXPECT_EQ(world.problems().size(), access == Access::kReadOnly ? 0U : 1U);
  }
}

TEST(Overlays, NeedNamespacesButNoVolume) {
  const auto planned =
      plan_mounts({}, {}, absolute("/s"), Privilege::kOrdinaryUser, OverlayUse::kYes);
  ASSERT_TRUE(planned.has_value());
  EXPECT_THAT(planned->steps, ElementsAre(MountStep(EnterNamespaces{Privilege::kOrdinaryUser}),
                                          MountStep(IsolateMounts{}), MountStep(TakeOverlays{}),
                                          MountStep(AttachOverlays{}), MountStep(VerifyMounts{})));
}

// Taken while their layers' mounts are those of the namespace; attached where nothing covers the
// sandbox any more, and before anything is mounted in it.
TEST(Overlays, AreTakenBeforeAnythingIsExtendedAndAttachedBeforeVolumesInTheSandbox) {
  World world;
  world.add_missing("/host", "/made/here", {"made", "here"});
  world.add("/other", "app/inside");
  const auto planned = plan_mounts(world.volumes, world.survey, world.sandbox,
                                   Privilege::kOrdinaryUser, OverlayUse::kYes);
  ASSERT_TRUE(planned.has_value());
  const auto at = [&]<class Step>(std::in_place_type_t<Step>) {
    return std::ranges::find_if(
               planned->steps,
               [](const MountStep& step) { return std::holds_alternative<Step>(step); }) -
           planned->steps.begin();
  };
  EXPECT_LT(at(std::in_place_type<TakeOverlays>), at(std::in_place_type<ExtendDirectory>));
  EXPECT_LT(at(std::in_place_type<ExtendDirectory>), at(std::in_place_type<AttachOverlays>));
  EXPECT_LT(at(std::in_place_type<AttachOverlays>), at(std::in_place_type<MakeMountPoint>));
}

}  // namespace
}  // namespace slipway::mounts
