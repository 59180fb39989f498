// V, L and S: the volumes of Mesos's isolator tests, without an image: a private mount namespace,
// as root and rootless. G8: what none of them covers.
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "sandbox/mountinfo.h"
#include "tests/mesos/mesos_fixture.h"
#include "tests/support/result_matchers.h"
#include "tests/support/running_program.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string volume(std::string_view mode, std::string_view host, std::string_view container) {
  return cat(R"({"mode":")", mode, R"(","host_path":")", host, R"(","container_path":")", container,
             R"("})");
}

class MesosVolumes : public MesosTest {
 protected:
  MesosVolumes() {
    host_ = dir_.make_directory("host", 0777);
    dir_.make_directory("host/dir", 0777);
    dir_.write("host/file", "of the host", 0666);
  }

  // As root and as an ordinary user, each in a sandbox of its own.
  void each(const std::function<void(As)>& body) {
    for (const As as : {As::kRoot, As::kOrdinaryUser}) {
      SCOPED_TRACE(name_of(as));
      ++sandbox_number_;
      body(as);
    }
  }
  // What a shell says with these volumes.
  RunResult with(As as, std::string_view volumes, std::string_view line,
                 std::string_view uris = "") {
    return run(shell_entry(line, uris, cat(R"("volume_mounts":[)", volumes, "]")), as, {"-q"});
  }
  std::string now() const { return sandbox(sandbox_number_); }

  std::string host_;
};

TEST_F(MesosVolumes, V01_VolumeFromHost) {
  each([&](As as) {
    EXPECT_EQ(with(as, volume("RW", host_, "/mnt"), "test -d /mnt/dir").exit_code, 0);
  });
}

TEST_F(MesosVolumes, V02_ReadOnlyVolumeFromHost) {
  each([&](As as) {
    EXPECT_NE(with(as, volume("RO", host_, "/mnt"), "echo abc > /mnt/dir/new").exit_code, 0);
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
    EXPECT_EQ(with(as, volume("RW", host_, "volume"), "(sleep 1000 &) ; kill -9 $$").exit_code,
              128 + SIGKILL);
    EXPECT_EQ(read_file("/proc/self/mountinfo"), before);
    EXPECT_TRUE(std::filesystem::is_empty(now() + "/volume"));
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

// A directory of the sandbox as the source.
TEST_F(MesosVolumes, S01_S04_ADirectoryOfTheSandboxElsewhere) {
  each([&](As as) {
    make_sandbox(as, sandbox_number_);
    EXPECT_EQ(run(shell_entry("mkdir tmp"), as).exit_code, 0);
    const std::string tmp = now() + "/tmp";
    EXPECT_EQ(with(as, volume("RW", tmp, "/mnt"), "echo abc > /mnt/file; cat tmp/file").out,
              "abc\n");
    EXPECT_EQ(read_file(tmp + "/file"), "abc\n");
    EXPECT_NE(with(as, volume("RO", tmp, "/mnt"), "echo x > /mnt/file").exit_code, 0);
  });
}

TEST_F(MesosVolumes, S02_TheSandboxItselfStaysWritableBesideAReadOnlyView) {
  each([&](As as) {
    EXPECT_EQ(run(shell_entry("mkdir tmp"), as).exit_code, 0);
    EXPECT_EQ(with(as, volume("RO", now() + "/tmp", "/mnt"),
                   "echo abc > tmp/file && cat /mnt/file && ! echo x > /mnt/file")
                  .out,
              "abc\n");
  });
}

TEST_F(MesosVolumes, S07_AVolumeHasOneSourceThatCanBeMounted) {
  const auto plan_of = [&](std::string_view members) {
    return slipway(
        {"plan", "-"}, As::kRoot, {},
        shell_entry("true", "", cat(R"("volume_mounts":[{"mode":"RO",)", members, "}]")));
  };
  EXPECT_EQ(plan_of(cat(R"("container_path":"v","host_path":")", host_, '"')).exit_code, 0);
  for (const char* wrong :
       {R"("container_path":"v")", R"("host_path":"/tmp")",
        R"("container_path":"v","host_path":"/tmp","image":{})",
        R"("container_path":"v","host_path":"/tmp","source":{"type":"SANDBOX_PATH"})",
        R"("container_path":"v","source":{"type":"HOST_PATH","host_path":{"path":"/tmp"}})",
        R"("container_path":"v","source":{"type":"DOCKER_VOLUME"})",
        R"("container_path":"v","source":{"type":"SECRET"})"}) {
    const auto result = plan_of(wrong);
    EXPECT_EQ(result.exit_code, 125) << wrong;
    EXPECT_THAT(result.err, HasSubstr("/volume_mounts/0")) << wrong;
  }
}

TEST_F(MesosVolumes, S08_TheOriginalIsWritableBesideAReadOnlyBind) {
  each([&](As as) {
    const auto result = with(as, volume("RO", host_, "/mnt"),
                             cat("echo x > /mnt/new; echo y > ", host_, "/new && cat /mnt/new"));
    EXPECT_EQ(result.out, "y\n") << result.err;
    std::filesystem::remove(host_ + "/new");
  });
}

TEST_F(MesosVolumes, S11_TheMountThatAPathLiesInIsFound) {
  ASSERT_OK_AND_ASSIGN(const auto table, sandbox::read_mountinfo());
  const auto* proc = sandbox::find_enclosing(table, "/proc/self/status");
  ASSERT_NE(proc, nullptr);
  EXPECT_EQ(proc->mount_point, "/proc");
  const auto* root = sandbox::find_enclosing(table, "/");
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(root->mount_point, "/");
}

TEST_F(MesosVolumes, S12_ATableIsParsedWithItsOptionalFieldsAndBadLinesAreRejected) {
  ASSERT_OK_AND_ASSIGN(
      const auto table,
      sandbox::parse_mountinfo(
          "19 1 8:1 / / rw,relatime shared:2 - ext4 /dev/sda1 rw\n"
          "20 19 0:18 / /proc rw,nosuid shared:4 master:3 propagate_from:5 - proc proc rw\n"));
  ASSERT_EQ(table.size(), 2U);
  EXPECT_EQ(table[0].shared, 2);
  EXPECT_EQ(table[1].master, 3);
  EXPECT_EQ(table[1].fs_type, "proc");
  for (const char* bad : {"19 1 8:1 / / rw,relatime shared:2 ext4 /dev/sda1 rw\n", "19 1 8:1 / /\n",
                          "no numbers\n", "19 1 8:1 / / rw shared:x - ext4 /dev/sda1 rw\n"}) {
    EXPECT_FALSE(sandbox::parse_mountinfo(bad).has_value()) << bad;
  }
}

TEST_F(MesosVolumes, S13_ParentsComeBeforeChildrenEvenWithAParentOfItself) {
  ASSERT_OK_AND_ASSIGN(const auto table, sandbox::parse_mountinfo("3 2 0:1 / /a/b rw - tmpfs t rw\n"
                                                                  "2 1 0:1 / /a rw - tmpfs t rw\n"
                                                                  "1 1 0:1 / / rw - tmpfs t rw\n"));
  std::vector<int> ids;
  for (const auto& mount : table) ids.push_back(mount.id);
  EXPECT_THAT(ids, ElementsAre(1, 2, 3));
}

TEST_F(MesosVolumes, G8_ReadOnlyOnItsOwnPathIsReadOnly) {
  each([&](As as) {
    EXPECT_NE(with(as, volume("RO", host_, host_), cat("echo x > ", host_, "/file")).exit_code, 0);
    EXPECT_EQ(read_file(host_ + "/file"), "of the host");
  });
}

TEST_F(MesosVolumes, G8_ReadOnlyReachesTheMountsBelowAndLockedFlagsStay) {
  // In the mount namespace of these tests.
  const std::string below = host_ + "/dir";
  ASSERT_EQ(::mount("tmpfs", below.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0777"),
            0);
  each([&](As as) {
    EXPECT_NE(with(as, volume("RO", host_, "v"), "echo x > v/dir/new").exit_code, 0);
    const auto rw =
        with(as, volume("RW", host_, "v"), "echo x > v/dir/new; grep 'v/dir' /proc/self/mountinfo");
    EXPECT_THAT(rw.out, HasSubstr("noexec")) << rw.err;
    EXPECT_EQ(read_file(below + "/new"), "x\n");
    std::filesystem::remove(below + "/new");
  });
  EXPECT_EQ(::umount2(below.c_str(), MNT_DETACH), 0);
}

TEST_F(MesosVolumes, G8_ATargetOfTheOtherKindIsRefused) {
  const std::string plain = dir_.write("from/taken", "x");
  each([&](As as) {
    const std::string taken = cat(R"({"value":")", plain, R"("})");
    EXPECT_EQ(with(as, volume("RO", host_, "taken"), "touch started", taken).exit_code, 125);
    EXPECT_EQ(with(as, volume("RO", host_ + "/file", "/mnt"), "touch started").exit_code, 125);
    EXPECT_FALSE(exists(now() + "/started"));
  });
}

TEST_F(MesosVolumes, G8_TargetsThatCannotBeAreRefused) {
  each([&](As as) {
    for (const char* path : {".", "..", "../x", "a/../../x", "/", "/proc", "/mnt/../etc"}) {
      EXPECT_EQ(with(as, volume("RW", host_, path), "touch started").exit_code, 125) << path;
    }
    EXPECT_EQ(with(as, volume("RW", "relative/host", "v"), "touch started").exit_code, 125);
    EXPECT_FALSE(exists(now() + "/started"));
  });
}

TEST_F(MesosVolumes, G8_ALinkInTheSandboxIsNotMountedThrough) {
  const std::string elsewhere = dir_.make_directory("elsewhere", 0777);
  each([&](As as) {
    EXPECT_EQ(run(shell_entry(cat("ln -s ", elsewhere, " link")), as).exit_code, 0);
    for (const char* path : {"link", "link/below"}) {
      EXPECT_EQ(with(as, volume("RW", host_, path), "touch started").exit_code, 125) << path;
    }
    EXPECT_TRUE(std::filesystem::is_empty(elsewhere));
  });
}

TEST_F(MesosVolumes, G8_TwoVolumesOnOneTargetAreRefusedOrTheLaterIsSeen) {
  const std::string other = dir_.make_directory("other", 0777);
  dir_.write("other/file", "the other");
  each([&](As as) {
    const auto result =
        with(as, cat(volume("RO", host_, "v"), ",", volume("RO", other, "v")), "cat v/file");
    EXPECT_EQ(result.exit_code, 125) << result.out;
  });
}

TEST_F(MesosVolumes, G8_ASlashBehindTheHostPathDoesNotMatter) {
  each([&](As as) {
    EXPECT_EQ(with(as, volume("RO", host_ + "/", "v"), "cat v/file").out, "of the host");
  });
}

// Mesos fetches before it mounts: the file is below the volume, and not in the host's directory.
TEST_F(MesosVolumes, G8_AFileThatIsFetchedUnderAVolumeDoesNotReachTheHost) {
  const std::string source = dir_.write("from/x", "fetched");
  each([&](As as) {
    with(as, volume("RW", host_, "v"), "true",
         cat(R"({"value":")", source, R"(","output_file":"v/fetched"})"));
    EXPECT_FALSE(exists(host_ + "/fetched"));
    EXPECT_EQ(read_file(host_ + "/file"), "of the host");
  });
}

}  // namespace
}  // namespace slipway::tests
