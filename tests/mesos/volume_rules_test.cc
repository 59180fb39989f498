// S: volumes of the sandbox, the rules of volumes and of the mount table. G8: what no test of Mesos
// covers of volumes.
#include <sys/mount.h>

#include "sandbox/mountinfo.h"
#include "tests/mesos/volume_fixture.h"
#include "tests/support/result_matchers.h"

namespace slipway::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A directory of the sandbox as the source.
TEST_F(MesosVolumes, S01_S04_ADirectoryOfTheSandboxElsewhere) {
  each([&](As as) {
    make_sandbox(as, sandbox_number_);
    EXPECT_EQ(run(shell_entry("mkdir tmp"), as).exit_code, 0);
    const std::string tmp = now() + "/tmp";
    EXPECT_EQ(with(as, volume("RW", tmp, "/mnt"), "echo abc > /mnt/file; cat tmp/file").out,
              "abc\n");
    EXPECT_EQ(read_file(tmp + "/file"), "abc\n");
    EXPECT_THAT(with(as, volume("RO", tmp, "/mnt"), "echo x > /mnt/file").err,
                HasSubstr(kReadOnly));
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
    EXPECT_THAT(with(as, volume("RO", host_, host_), cat("echo x > ", host_, "/dir/new")).err,
                HasSubstr(kReadOnly));
    EXPECT_EQ(read_file(host_ + "/file"), "of the host");
  });
}

TEST_F(MesosVolumes, G8_ReadOnlyReachesTheMountsBelowAndLockedFlagsStay) {
  // In the mount namespace of these tests.
  const std::string below = host_ + "/dir";
  ASSERT_EQ(::mount("tmpfs", below.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0777"),
            0);
  each([&](As as) {
    EXPECT_THAT(with(as, volume("RO", host_, "v"), "echo x > v/dir/new").err, HasSubstr(kReadOnly));
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
