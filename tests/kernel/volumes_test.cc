// Volumes as the task sees them, for everybody who may launch it, on every kernel.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "tests/kernel/private_host.h"
#include "tests/support/in_child.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {
namespace {

using mounts::Access;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Volumes : public OnEveryHost {};
INSTANTIATE_TEST_SUITE_P(By, Volumes, kEveryHost, OnEveryHost::name);

bool is_hidden(const std::vector<sandbox::MountEntry>& table, const sandbox::MountEntry& mount) {
  return std::any_of(table.begin(), table.end(), [&](const sandbox::MountEntry& other) {
    return other.parent == mount.id && other.mount_point == mount.mount_point;
  });
}

TEST_P(Volumes, V04_ReadWriteVolumeOnAMissingRelativePathReachesTheHost) {
  on_host([] {
    make_source();
    const auto seen = launch(who(), {{"/mnt/host", "data/in", Access::kReadWrite}},
                             {"read", "data/in/file", "write", "data/in/new", "from the task",
                              "cwd", "mounts", "stat", "data"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["read"], "from the host");
    EXPECT_EQ(seen["write"], "ok");
    EXPECT_EQ(seen["cwd"], "/mnt/sandbox");
    EXPECT_EQ(read_file("/mnt/host/new"), "from the task");
    const uid_t owner = who() == Who::kRoot ? 0 : kNobody;
    EXPECT_THAT(seen["stat"], HasSubstr("directory 0755 " + std::to_string(owner)));
    const auto table = mounts_of(seen);
    if (const auto* mount = mount_on(table, "/mnt/sandbox/data/in")) {
      EXPECT_TRUE(mount->has("rw") && mount->has("nosuid") && mount->has("nodev"));
    }
    EXPECT_FALSE(exists("/mnt/sandbox/data/in/file")) << "the host's sandbox has the mount";
  });
}

TEST_P(Volumes, V02_S08_ReadOnlyVolumeRefusesEveryChange) {
  on_host([] {
    make_source();
    const auto seen = launch(who(), {{"/mnt/host", "data", Access::kReadOnly}},
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
  on_host([] {
    make_source();
    make_directory("/mnt/host/sub");
    mount_memory("/mnt/host/sub");
    make_directory("/mnt/host/sub/deep");
    mount_memory("/mnt/host/sub/deep");
    must(::chmod("/mnt/host/sub/deep", 0777) == 0, "chmod");
    const auto seen = launch(who(), {{"/mnt/host", "data", Access::kReadOnly}},
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
  on_host([] {
    make_source();
    const auto seen =
        launch(who(), {{"/mnt/host", "/mnt/host", Access::kReadOnly}}, {"writable", "/mnt/host"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["create"], "EROFS");
  });
}

TEST_P(Volumes, ReadOnlyWithAWritableVolumeInside) {
  on_host([] {
    make_source();
    make_directory("/mnt/host/out", 0755, kNobody);
    for (const bool outer_first : {true, false}) {
      std::vector<Volume> volumes = {{"/mnt/host", "/mnt/host", Access::kReadOnly},
                                     {"/mnt/host/out", "/mnt/host/out", Access::kReadWrite}};
      if (!outer_first) std::swap(volumes[0], volumes[1]);
      const auto seen = launch(who(), volumes,
                               {"writable", "/mnt/host", "write", "/mnt/host/out/result", "done"});
      EXPECT_EQ(seen.error, "");
      EXPECT_EQ(seen["create"], "EROFS");
      EXPECT_EQ(seen["write"], "ok");
    }
    EXPECT_EQ(read_file("/mnt/host/out/result"), "done");
  });
}

TEST_P(Volumes, V05_FileOnAMissingRelativePath) {
  on_host([] {
    make_source();
    const auto seen = launch(who(), {{"/mnt/host/file", "conf/app.conf", Access::kReadOnly}},
                             {"read", "conf/app.conf", "writable", "conf/app.conf"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["read"], "from the host");
    EXPECT_EQ(seen["write"], "EROFS");
  });
}

TEST_P(Volumes, V08_AbsoluteAndRelativeTogether) {
  on_host([] {
    make_source();
    const auto seen = launch(who(),
                             {{"/mnt/host", "/slipway-test", Access::kReadOnly},
                              {"/mnt/host", "relative", Access::kReadWrite}},
                             {"read", "/slipway-test/file", "write", "relative/new", "x"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["read"], "from the host");
    EXPECT_EQ(seen["write"], "ok");
  });
}

TEST_P(Volumes, L11_TheHostsMountTableStaysAsItWas) {
  on_host([] {
    make_source();
    share_all_mounts();
    const std::string before = host_mountinfo();
    const auto seen = launch(who(),
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
  on_host([] {
    make_source();
    share_all_mounts();
    const auto seen = launch(
        who(), {{"/mnt/host", "ro", Access::kReadOnly}, {"/mnt/host", "rw", Access::kReadWrite}},
        {"mounts"});
    EXPECT_EQ(seen.error, "");
    const auto table = mounts_of(seen);
    for (const auto& mount : table) {
      EXPECT_FALSE(mount.shared) << mount.mount_point;
      // mount(2) reaches a mount by its path only: what another one hides, no task reaches either.
      const bool out_of_reach =
          std::get<Kernel>(GetParam()) != Kernel::kPresent && is_hidden(table, mount);
      EXPECT_TRUE(mount.has("nosuid") || out_of_reach) << mount.mount_point;
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
  on_host([] {
    make_directory("/mnt/host");
    mount_memory("/mnt/host", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME);
    make_file("/mnt/host/file", "from the host");
    const auto seen = launch(who(), {{"/mnt/host", "/container", Access::kReadOnly}},
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
  on_host([] {
    make_directory("/mnt/devices");
    must(::mknod("/mnt/devices/null", S_IFCHR | 0666, 0x103) == 0, "mknod");
    must(::chmod("/mnt/devices/null", 0666) == 0, "chmod");
    const auto seen = launch(who(),
                             {{"/dev/null", "null", Access::kReadWrite},
                              {"/mnt/devices", "devices", Access::kReadWrite}},
                             {"write", "null", "gone", "write", "devices/null", "gone"});
    EXPECT_EQ(seen.error, "");
    EXPECT_THAT(seen.all("write"), ElementsAre("ok", "EACCES"));
  });
}

TEST_P(Volumes, ALinkAsRelativeTargetIsRefused) {
  on_host([] {
    make_source();
    make_directory("/mnt/elsewhere", 0777);
    make_directory("/mnt/sandbox", 0750, who() == Who::kRoot ? 0 : kNobody);
    must(::symlink("/mnt/elsewhere", "/mnt/sandbox/data") == 0, "symlink");
    for (const char* target : {"data", "data/below"}) {
      const auto seen = launch(who(), {{"/mnt/host", target, Access::kReadOnly}}, {"cwd"});
      EXPECT_THAT(seen.error, HasSubstr("in the sandbox")) << target;
    }
    EXPECT_FALSE(exists("/mnt/elsewhere/below"));
  });
}

TEST_P(Volumes, ATargetOfTheOtherKindIsRefused) {
  on_host([] {
    make_source();
    make_directory("/mnt/sandbox", 0750, who() == Who::kRoot ? 0 : kNobody);
    make_file("/mnt/sandbox/taken", "", 0644, kNobody);
    const auto relative = launch(who(), {{"/mnt/host", "taken", Access::kReadOnly}}, {"cwd"});
    EXPECT_THAT(relative.error, HasSubstr("'taken'"));
    const auto absolute =
        launch(who(), {{"/mnt/host", "/mnt/host/file", Access::kReadOnly}}, {"cwd"});
    EXPECT_THAT(absolute.error, AllOf(HasSubstr("is a directory"), HasSubstr("is a file")));
  });
}

TEST_P(Volumes, TheSandboxAndWhatIsAboveItCannotBeHidden) {
  on_host([] {
    make_source();
    for (const char* target : {"/mnt/sandbox", "/mnt"}) {
      const auto seen = launch(who(), {{"/mnt/host", target, Access::kReadOnly}}, {"cwd"});
      EXPECT_THAT(seen.error, HasSubstr("would hide the sandbox")) << target;
    }
  });
}

TEST_P(Volumes, AnAbsoluteTargetInTheSandboxIsMadeThere) {
  on_host([] {
    make_source();
    const auto seen =
        launch(who(), {{"/mnt/host", "/mnt/sandbox/a/b", Access::kReadOnly}}, {"read", "a/b/file"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["read"], "from the host");
  });
}

TEST_P(Volumes, L08_TwoLaunchesDoNotSeeEachOther) {
  on_host([] {
    make_source();
    in_child([] {
      const auto first = launch(who(), {{"/mnt/host", "/container", Access::kReadOnly}},
                                {"read", "/container/file"});
      EXPECT_EQ(first["read"], "from the host");
    });
    const auto second = launch(who(), {}, {"stat", "/container", "read", "/mnt/host/file"});
    EXPECT_EQ(second.error, "");
    EXPECT_EQ(second["stat"], "ENOENT");
    EXPECT_EQ(second["read"], "from the host");
  });
}

TEST_P(Volumes, NothingOfTheWayThereIsLeft) {
  on_host([] {
    make_source();
    const auto seen = launch(
        who(),
        {{"/mnt/host", "/container", Access::kReadOnly}, {"/mnt/host", "data", Access::kReadOnly}},
        {"mounts", "stat", ".slipway", "cwd"});
    EXPECT_EQ(seen.error, "");
    EXPECT_THAT(seen["stat"], HasSubstr("directory 0700"));
    for (const auto& mount : mounts_of(seen)) {
      EXPECT_THAT(mount.mount_point, Not(HasSubstr(".slipway")));
    }
  });
}

TEST_P(Volumes, AMountThatAnotherHidesDoesNotMatterInAWritableVolume) {
  on_host([] {
    make_source();
    make_directory("/mnt/host/sub");
    mount_memory("/mnt/host/sub");
    mount_memory("/mnt/host/sub");
    must(::chmod("/mnt/host/sub", 0777) == 0, "chmod");
    const auto writable =
        launch(who(), {{"/mnt/host", "data", Access::kReadWrite}}, {"write", "data/sub/new", "x"});
    EXPECT_EQ(writable.error, "");
    EXPECT_EQ(writable["write"], "ok");
    const auto read_only =
        launch(who(), {{"/mnt/host", "data", Access::kReadOnly}}, {"writable", "data/sub"});
    if (has_mount_setattr()) {
      EXPECT_EQ(read_only["create"], "EROFS");
    } else {
      EXPECT_THAT(read_only.error, HasSubstr("a mount on '/sub' in it is hidden by another"));
    }
  });
}

}  // namespace
}  // namespace slipway::tests
