// V and L: the volumes of Mesos's isolator tests, without an image: a private mount namespace, as
// root and rootless.
#include <signal.h>

#include "tests/mesos/volume_fixture.h"
#include "tests/support/running_program.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST_F(MesosVolumes, V01_VolumeFromHost) {
  each([&](As as) {
    EXPECT_EQ(with(as, volume("RW", host_, "/mnt"), "test -d /mnt/dir").exit_code, 0);
  });
}

TEST_F(MesosVolumes, V02_ReadOnlyVolumeFromHost) {
  each([&](As as) {
    EXPECT_THAT(with(as, volume("RO", host_, "/mnt"), "echo abc > /mnt/dir/new").err,
                HasSubstr(kReadOnly));
    EXPECT_EQ(with(as, volume("RO", host_, "/mnt"), "test -d /mnt/dir").exit_code, 0);
    EXPECT_FALSE(exists(host_ + "/dir/new"));
  });
}

TEST_F(MesosVolumes, V03_FileVolumeFromHostWhereTheParentIsMissing) {
  each([&](As as) {
    const auto result =
        with(as, volume("RO", host_ + "/file", "/mnt/test/file.txt"), "cat /mnt/test/file.txt");
    EXPECT_EQ(result.out, "of the host") << result.err;
    EXPECT_FALSE(exists("/mnt/test")) << "made on the host";
  });
}

TEST_F(MesosVolumes, V04_VolumeFromHostSandboxMountPoint) {
  each([&](As as) {
    EXPECT_EQ(with(as, volume("RW", host_, "mountpoint"), "test -d mountpoint/dir").exit_code, 0);
  });
}

TEST_F(MesosVolumes, V05_FileVolumeFromHostSandboxMountPoint) {
  each([&](As as) {
    EXPECT_EQ(with(as, volume("RW", host_ + "/file", "mountpoint/file.txt"),
                   "test -f mountpoint/file.txt && cat mountpoint/file.txt")
                  .out,
              "of the host");
  });
}

TEST_F(MesosVolumes, V06_AMissingHostPathIsNamedAndNotMade) {
  each([&](As as) {
    const auto result = with(as, volume("RW", dir_ / "missing", "/mnt/foo"), "touch started");
    EXPECT_EQ(result.exit_code, 125);
    EXPECT_THAT(result.err, AllOf(HasSubstr(dir_ / "missing"), HasSubstr("No such file")));
    EXPECT_FALSE(exists(dir_ / "missing"));
  });
}

TEST_F(MesosVolumes, V08_OneAbsoluteAndOneRelative) {
  each([&](As as) {
    EXPECT_EQ(with(as, cat(volume("RO", host_, "/mnt"), ",", volume("RW", host_, "relative")),
                   "cat /mnt/file relative/file")
                  .out,
              "of the hostof the host");
  });
}

TEST_F(MesosVolumes, L06_G8_OfNestedVolumesTheInnerOneIsInsideInBothOrders) {
  const std::string inner = dir_.make_directory("inner", 0777);
  each([&](As as) {
    const std::string a = volume("RW", host_, "x");
    const std::string b = volume("RW", inner, "x/dir");
    for (const std::string& volumes : {cat(a, ",", b), cat(b, ",", a)}) {
      EXPECT_EQ(with(as, volumes, "echo abc > x/dir/made && cat x/file").out, "of the host");
      EXPECT_EQ(read_file(inner + "/made"), "abc\n");
      EXPECT_FALSE(exists(host_ + "/dir/made"));
      std::filesystem::remove(inner + "/made");
    }
  });
}

TEST_F(MesosVolumes, L07_V04_WhatIsWrittenToARelativeVolumeIsOnTheHost) {
  each([&](As as) {
    EXPECT_EQ(with(as, volume("RW", host_, "volume"), "echo abc > volume/new").exit_code, 0);
    EXPECT_EQ(read_file(host_ + "/new"), "abc\n");
    EXPECT_TRUE(std::filesystem::is_empty(now() + "/volume")) << "the sandbox has a mount point";
    std::filesystem::remove(host_ + "/new");
  });
}

TEST_F(MesosVolumes, L08_TwoContainersDoNotDisturbEachOther) {
  const std::string text =
      shell_entry("echo up; while [ ! -e end ]; do sleep 0.01; done; cat /mnt/file", "",
                  cat(R"("volume_mounts":[)", volume("RO", host_, "/mnt"), "]"));
  make_sandbox(As::kRoot);
  RunningProgram first({program_, "run", dir_.write("e.json", text), "--sandbox", sandbox()});
  first.line("up");
  each([&](As as) { EXPECT_EQ(run(shell_entry("test ! -e /mnt/file"), as).exit_code, 0); });
  dir_.write("sandbox-0/end", "");
  EXPECT_EQ(first.wait(), 0);
  EXPECT_THAT(first.out(), HasSubstr("of the host"));
}

TEST_F(MesosVolumes, L11_L14_NoMountIsLeft) {
  const std::string before = read_file("/proc/self/mountinfo");
  each([&](As as) {
    // What it leaves is in the namespace still.
    const auto result =
        with(as, volume("RW", host_, "volume"), "sleep 1000 >/dev/null 2>&1 & echo $!; kill -9 $$");
    EXPECT_EQ(result.exit_code, 128 + SIGKILL);
    EXPECT_EQ(read_file("/proc/self/mountinfo"), before);
    EXPECT_TRUE(std::filesystem::is_empty(now() + "/volume"));
    ::kill(static_cast<pid_t>(std::stol(result.out)), SIGKILL);
  });
}

TEST_F(MesosVolumes, L13_TheMountIsGoneFromTheSandboxAfterwards) {
  each([&](As as) {
    const std::string both = cat(volume("RW", host_, "path1"), ",", volume("RW", host_, "/mnt"));
    EXPECT_EQ(with(as, both, "echo abc > path1/made; cat /mnt/made").out, "abc\n");
    EXPECT_FALSE(exists(now() + "/path1/made"));
    EXPECT_TRUE(exists(host_ + "/made"));
    std::filesystem::remove_all(now());
    EXPECT_TRUE(exists(host_ + "/made")) << "removing the sandbox does not reach the volume";
    std::filesystem::remove(host_ + "/made");
  });
}

TEST_F(MesosVolumes, L15_MesosSandboxIsTheSandboxInside) {
  each([&](As as) {
    const auto result = with(as, volume("RO", host_, "/mnt"),
                             "test -d \"$MESOS_SANDBOX\" && cd / && cd \"$MESOS_SANDBOX\" && pwd");
    EXPECT_EQ(result.out, now() + "\n");
  });
}

TEST_F(MesosVolumes, L17_S02_AWriteToAReadOnlyVolumeFails) {
  each([&](As as) {
    const auto result =
        with(as, volume("RO", host_, "volume"), "echo abc > volume/file 2>/dev/null || exit 7");
    EXPECT_EQ(result.exit_code, 7);
    EXPECT_EQ(read_file(host_ + "/file"), "of the host");
  });
}

}  // namespace
}  // namespace slipway::tests
