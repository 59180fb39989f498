// Volumes as the task sees them, for everybody who may launch it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/mountinfo.h"
#include "tests/kernel/private_host.h"
#include "tests/support/in_child.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {
namespace {

using mounts::Access;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Volumes : public ::testing::TestWithParam<Who> {};

INSTANTIATE_TEST_SUITE_P(By, Volumes, ::testing::Values(Who::kRoot, Who::kRootForUser, Who::kUser),
                         [](const auto& test) { return name_of(test.param); });

// A source that the task's user owns, so that nothing but the mount stands in its way.
void make_source(const std::string& path = "/mnt/host") {
  make_directory(path, 0755, kNobody);
  make_file(path + "/file", "from the host", 0644, kNobody);
}

std::vector<sandbox::MountEntry> mounts_of(const Launched& launched) {
  std::string text;
  for (const auto& line : launched.all("mount")) text += line + '\n';
  auto table = sandbox::parse_mountinfo(text);
  EXPECT_TRUE(table.has_value());
  return table ? *table : std::vector<sandbox::MountEntry>();
}

const sandbox::MountEntry* mount_on(const std::vector<sandbox::MountEntry>& table,
                                    const std::string& point) {
  for (const auto& entry : table) {
    if (entry.mount_point == point) return &entry;
  }
  ADD_FAILURE() << "nothing is mounted on " << point;
  return nullptr;
}

TEST_P(Volumes, V04_ReadWriteVolumeOnAMissingRelativePathReachesTheHost) {
  in_private_host([] {
    make_source();
    const auto seen = launch(GetParam(), {{"/mnt/host", "data/in", Access::kReadWrite}},
                             {"read", "data/in/file", "write", "data/in/new", "from the task",
                              "cwd", "mounts", "stat", "data"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["read"], "from the host");
    EXPECT_EQ(seen["write"], "ok");
    EXPECT_EQ(seen["cwd"], "/mnt/sandbox");
    EXPECT_EQ(read_file("/mnt/host/new"), "from the task");
    const uid_t owner = GetParam() == Who::kRoot ? 0 : kNobody;
    EXPECT_THAT(seen["stat"], HasSubstr("directory 0755 " + std::to_string(owner)));
    const auto table = mounts_of(seen);
    if (const auto* mount = mount_on(table, "/mnt/sandbox/data/in")) {
      EXPECT_TRUE(mount->has("rw") && mount->has("nosuid") && mount->has("nodev"));
    }
    EXPECT_FALSE(exists("/mnt/sandbox/data/in/file")) << "the host's sandbox has the mount";
  });
}

TEST_P(Volumes, V02_S08_ReadOnlyVolumeRefusesEveryChange) {
  in_private_host([] {
    make_source();
    const auto seen = launch(GetParam(), {{"/mnt/host", "data", Access::kReadOnly}},
                             {"read", "data/file", "writable", "data", "writable", "data/file"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["read"], "from the host");
    EXPECT_EQ(seen["create"], "EROFS");
    EXPECT_EQ(seen["write"], "EROFS");
    EXPECT_THAT(seen.all("chmod"), ElementsAre("EROFS", "EROFS"));
    EXPECT_THAT(seen.all("utimes"), ElementsAre("EROFS", "EROFS"));
    make_file("/mnt/host/later", "the original stays writable");
  });
}

TEST_P(Volumes, ReadOnlyReachesTheMountsBelow) {
  in_private_host([] {
    make_source();
    make_directory("/mnt/host/sub");
    mount_memory("/mnt/host/sub");
    make_directory("/mnt/host/sub/deep");
    mount_memory("/mnt/host/sub/deep");
    must(::chmod("/mnt/host/sub/deep", 0777) == 0, "chmod");
    const auto seen = launch(GetParam(), {{"/mnt/host", "data", Access::kReadOnly}},
                             {"writable", "data/sub/deep", "mounts"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["create"], "EROFS");
    const auto table = mounts_of(seen);
    for (const char* point : {"/mnt/sandbox/data/sub", "/mnt/sandbox/data/sub/deep"}) {
      if (const auto* mount = mount_on(table, point)) {
        EXPECT_TRUE(mount->has("ro")) << point;
      }
    }
  });
}

TEST_P(Volumes, ReadOnlyOnItsOwnPathIsReadOnly) {
  in_private_host([] {
    make_source();
    const auto seen = launch(GetParam(), {{"/mnt/host", "/mnt/host", Access::kReadOnly}},
                             {"writable", "/mnt/host"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["create"], "EROFS");
  });
}

TEST_P(Volumes, ReadOnlyWithAWritableVolumeInside) {
  in_private_host([] {
    make_source();
    make_directory("/mnt/host/out", 0755, kNobody);
    for (const bool outer_first : {true, false}) {
      std::vector<Volume> volumes = {{"/mnt/host", "/mnt/host", Access::kReadOnly},
                                     {"/mnt/host/out", "/mnt/host/out", Access::kReadWrite}};
      if (!outer_first) std::swap(volumes[0], volumes[1]);
      const auto seen = launch(GetParam(), volumes,
                               {"writable", "/mnt/host", "write", "/mnt/host/out/result", "done"});
      EXPECT_EQ(seen.error, "");
      EXPECT_EQ(seen["create"], "EROFS");
      EXPECT_EQ(seen["write"], "ok");
    }
    EXPECT_EQ(read_file("/mnt/host/out/result"), "done");
  });
}

TEST_P(Volumes, V05_FileOnAMissingRelativePath) {
  in_private_host([] {
    make_source();
    const auto seen = launch(GetParam(), {{"/mnt/host/file", "conf/app.conf", Access::kReadOnly}},
                             {"read", "conf/app.conf", "writable", "conf/app.conf"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["read"], "from the host");
    EXPECT_EQ(seen["write"], "EROFS");
  });
}

TEST_P(Volumes, V03_FileOnAMissingAbsolutePath) {
  in_private_host([] {
    make_source();
    const auto seen =
        launch(GetParam(), {{"/mnt/host/file", "/slipway-test/a/file.txt", Access::kReadOnly}},
               {"read", "/slipway-test/a/file.txt"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["read"], "from the host");
    EXPECT_FALSE(exists("/slipway-test"));
  });
}

TEST_P(Volumes, V01_TheSampleOfTheDocumentationRuns) {
  in_private_host([] {
    make_source("/mnt/directory");
    make_source("/mnt/host");
    const auto seen = launch(GetParam(),
                             {{"/mnt/directory", "/path/on/container", Access::kReadOnly},
                              {"/mnt/host", "/container", Access::kReadWrite}},
                             {"writable", "/path/on/container", "write", "/container/new", "x",
                              "read", "/container/file", "cwd"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["create"], "EROFS");
    EXPECT_EQ(seen["write"], "ok");
    EXPECT_EQ(seen["read"], "from the host");
    EXPECT_EQ(seen["cwd"], "/mnt/sandbox");
    EXPECT_EQ(read_file("/mnt/host/new"), "x");
    EXPECT_FALSE(exists("/container") || exists("/path"));
  });
}

TEST_P(Volumes, V08_AbsoluteAndRelativeTogether) {
  in_private_host([] {
    make_source();
    const auto seen = launch(GetParam(),
                             {{"/mnt/host", "/slipway-test", Access::kReadOnly},
                              {"/mnt/host", "relative", Access::kReadWrite}},
                             {"read", "/slipway-test/file", "write", "relative/new", "x"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["read"], "from the host");
    EXPECT_EQ(seen["write"], "ok");
  });
}

TEST_P(Volumes, L06_AVolumeInsideANewOneInEitherOrder) {
  in_private_host([] {
    make_source("/mnt/outer");
    make_directory("/mnt/outer/inner");
    make_source("/mnt/inner");
    for (const bool outer_first : {true, false}) {
      std::vector<Volume> volumes = {{"/mnt/outer", "/slipway-test/v", Access::kReadOnly},
                                     {"/mnt/inner", "/slipway-test/v/inner", Access::kReadWrite}};
      if (!outer_first) std::swap(volumes[0], volumes[1]);
      const auto seen =
          launch(GetParam(), volumes,
                 {"writable", "/slipway-test/v", "write", "/slipway-test/v/inner/new", "x"});
      EXPECT_EQ(seen.error, "");
      EXPECT_EQ(seen["create"], "EROFS");
      EXPECT_EQ(seen["write"], "ok");
    }
    EXPECT_TRUE(exists("/mnt/inner/new"));
    EXPECT_FALSE(exists("/mnt/outer/inner/new"));
  });
}

TEST_P(Volumes, AnExtendedRootHasEverythingTheHostHasAndNothingMore) {
  in_private_host([] {
    make_source();
    struct stat root_home {};
    must(::stat("/root", &root_home) == 0, "stat /root");
    const auto seen = launch(GetParam(), {{"/mnt/host", "/container", Access::kReadOnly}},
                             {"stat", "/root", "read", "/etc/hostname", "write", "/new", "x",
                              "stat", "/bin", "mounts", "stat", "/tmp"});
    EXPECT_EQ(seen.error, "");
    EXPECT_THAT(seen.all("stat")[0], HasSubstr("directory"));
    EXPECT_EQ(seen["write"], "EROFS");
    struct stat bin {};
    must(::lstat("/bin", &bin) == 0, "stat /bin");
    EXPECT_THAT(seen.all("stat")[1], HasSubstr(S_ISLNK(bin.st_mode) ? "link" : "directory"));
    EXPECT_THAT(seen.all("stat")[2], HasSubstr("directory 1777"));
    int roots = 0;
    for (const auto& mount : mounts_of(seen)) {
      if (mount.mount_point != "/") continue;
      ++roots;
      EXPECT_EQ(mount.fs_type, "tmpfs");
      EXPECT_TRUE(mount.has("ro"));
    }
    EXPECT_EQ(roots, 1) << "the old root is still there";
  });
}

TEST_P(Volumes, L11_TheHostsMountTableStaysAsItWas) {
  in_private_host([] {
    make_source();
    share_all_mounts();
    const std::string before = host_mountinfo();
    const auto seen = launch(GetParam(),
                             {{"/mnt/host", "/container", Access::kReadOnly},
                              {"/mnt/host", "data", Access::kReadWrite},
                              {"/mnt/host", "/mnt/host", Access::kReadOnly}},
                             {"mounts"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(host_mountinfo(), before);
    EXPECT_FALSE(exists("/container"));
  });
}

TEST_P(Volumes, NothingIsSharedWithTheHostAndNothingIsSetuid) {
  in_private_host([] {
    make_source();
    share_all_mounts();
    const auto seen =
        launch(GetParam(),
               {{"/mnt/host", "ro", Access::kReadOnly}, {"/mnt/host", "rw", Access::kReadWrite}},
               {"mounts"});
    EXPECT_EQ(seen.error, "");
    const auto table = mounts_of(seen);
    for (const auto& mount : table) {
      EXPECT_FALSE(mount.shared) << mount.mount_point;
      EXPECT_TRUE(mount.has("nosuid")) << mount.mount_point;
    }
    if (const auto* mount = mount_on(table, "/mnt/sandbox/ro")) {
      EXPECT_FALSE(mount->master);
    }
    if (const auto* mount = mount_on(table, "/mnt/sandbox/rw")) {
      EXPECT_TRUE(mount->master);
    }
  });
}

TEST_P(Volumes, LockedFlagsOfASourceStay) {
  in_private_host([] {
    make_directory("/mnt/host");
    mount_memory("/mnt/host", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME);
    make_file("/mnt/host/file", "from the host");
    const auto seen = launch(GetParam(), {{"/mnt/host", "/container", Access::kReadOnly}},
                             {"read", "/container/file", "mounts"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["read"], "from the host");
    const auto table = mounts_of(seen);
    if (const auto* mount = mount_on(table, "/container")) {
      for (const char* flag : {"ro", "nosuid", "nodev", "noexec", "noatime"}) {
        EXPECT_TRUE(mount->has(flag)) << flag;
      }
    }
  });
}

TEST_P(Volumes, ADeviceNodeKeepsItsUseAndOtherVolumesHaveNone) {
  in_private_host([] {
    make_directory("/mnt/devices");
    must(::mknod("/mnt/devices/null", S_IFCHR | 0666, 0x103) == 0, "mknod");
    must(::chmod("/mnt/devices/null", 0666) == 0, "chmod");
    const auto seen = launch(GetParam(),
                             {{"/dev/null", "null", Access::kReadWrite},
                              {"/mnt/devices", "devices", Access::kReadWrite}},
                             {"write", "null", "gone", "write", "devices/null", "gone"});
    EXPECT_EQ(seen.error, "");
    EXPECT_THAT(seen.all("write"), ElementsAre("ok", "EACCES"));
  });
}

TEST_P(Volumes, ALinkAsRelativeTargetIsRefused) {
  in_private_host([] {
    make_source();
    make_directory("/mnt/elsewhere", 0777);
    make_directory("/mnt/sandbox", 0750, GetParam() == Who::kRoot ? 0 : kNobody);
    must(::symlink("/mnt/elsewhere", "/mnt/sandbox/data") == 0, "symlink");
    for (const char* target : {"data", "data/below"}) {
      const auto seen = launch(GetParam(), {{"/mnt/host", target, Access::kReadOnly}}, {"cwd"});
      EXPECT_THAT(seen.error, HasSubstr("in the sandbox")) << target;
    }
    EXPECT_FALSE(exists("/mnt/elsewhere/below"));
  });
}

TEST_P(Volumes, ATargetOfTheOtherKindIsRefused) {
  in_private_host([] {
    make_source();
    make_directory("/mnt/sandbox", 0750, GetParam() == Who::kRoot ? 0 : kNobody);
    make_file("/mnt/sandbox/taken", "", 0644, kNobody);
    const auto relative = launch(GetParam(), {{"/mnt/host", "taken", Access::kReadOnly}}, {"cwd"});
    EXPECT_THAT(relative.error, HasSubstr("'taken'"));
    const auto absolute =
        launch(GetParam(), {{"/mnt/host", "/mnt/host/file", Access::kReadOnly}}, {"cwd"});
    EXPECT_THAT(absolute.error, AllOf(HasSubstr("is a directory"), HasSubstr("is a file")));
  });
}

TEST_P(Volumes, TheSandboxAndWhatIsAboveItCannotBeHidden) {
  in_private_host([] {
    make_source();
    for (const char* target : {"/mnt/sandbox", "/mnt"}) {
      const auto seen = launch(GetParam(), {{"/mnt/host", target, Access::kReadOnly}}, {"cwd"});
      EXPECT_THAT(seen.error, HasSubstr("would hide the sandbox")) << target;
    }
  });
}

TEST_P(Volumes, AnAbsoluteTargetInTheSandboxIsMadeThere) {
  in_private_host([] {
    make_source();
    const auto seen = launch(GetParam(), {{"/mnt/host", "/mnt/sandbox/a/b", Access::kReadOnly}},
                             {"read", "a/b/file"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["read"], "from the host");
  });
}

TEST_P(Volumes, L08_TwoLaunchesDoNotSeeEachOther) {
  in_private_host([] {
    make_source();
    in_child([] {
      const auto first = launch(GetParam(), {{"/mnt/host", "/container", Access::kReadOnly}},
                                {"read", "/container/file"});
      EXPECT_EQ(first["read"], "from the host");
    });
    const auto second = launch(GetParam(), {}, {"stat", "/container", "read", "/mnt/host/file"});
    EXPECT_EQ(second.error, "");
    EXPECT_EQ(second["stat"], "ENOENT");
    EXPECT_EQ(second["read"], "from the host");
  });
}

TEST_P(Volumes, AMountPointMissingInsideAnotherVolumeIsAnErrorAndNotMade) {
  in_private_host([] {
    make_source("/mnt/outer");
    make_source("/mnt/inner");
    const auto seen = launch(
        GetParam(),
        {{"/mnt/outer", "v", Access::kReadWrite}, {"/mnt/inner", "v/missing", Access::kReadOnly}},
        {"cwd"});
    EXPECT_THAT(seen.error, AllOf(HasSubstr("'v/missing'"), HasSubstr("'/mnt/outer'")));
    EXPECT_FALSE(exists("/mnt/outer/missing"));
  });
}

TEST_P(Volumes, AMissingPathDeepInTheHostIsAnErrorAndNotMade) {
  in_private_host([] {
    make_source();
    const auto seen =
        launch(GetParam(), {{"/mnt/host", "/mnt/not/there", Access::kReadOnly}}, {"cwd"});
    EXPECT_THAT(seen.error, AllOf(HasSubstr("'/mnt/not/there'"), HasSubstr("'not' in '/mnt'")));
    EXPECT_THAT(seen.remedy, HasSubstr("relative container_path"));
    EXPECT_FALSE(exists("/mnt/not"));
  });
}

}  // namespace
}  // namespace slipway::tests
