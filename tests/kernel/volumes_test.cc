// Volumes as the task sees them, for everybody who may launch it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <tuple>

#include "mounts/mount_step.h"
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

class Volumes : public ::testing::TestWithParam<std::tuple<Who, Kernel>> {
 protected:
  static Who who() { return std::get<Who>(GetParam()); }
  static void on_host(const std::function<void()>& body) {
    in_private_host(std::get<Kernel>(GetParam()), body);
  }
};

INSTANTIATE_TEST_SUITE_P(
    By, Volumes,
    ::testing::Combine(::testing::Values(Who::kRoot, Who::kRootForUser, Who::kUser),
                       ::testing::Values(Kernel::kPresent, Kernel::kWithoutMountSetattr,
                                         Kernel::kClassic, Kernel::kFiltered)),
    [](const auto& test) {
      return name_of(std::get<Who>(test.param)) + "On" + name_of(std::get<Kernel>(test.param));
    });

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

TEST_P(Volumes, V03_FileOnAMissingAbsolutePath) {
  on_host([] {
    make_source();
    const auto seen =
        launch(who(), {{"/mnt/host/file", "/slipway-test/a/file.txt", Access::kReadOnly}},
               {"read", "/slipway-test/a/file.txt"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["read"], "from the host");
    EXPECT_FALSE(exists("/slipway-test"));
  });
}

TEST_P(Volumes, V01_TheSampleOfTheDocumentationRuns) {
  on_host([] {
    make_source("/mnt/directory");
    make_source("/mnt/host");
    const auto seen = launch(who(),
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

TEST_P(Volumes, L06_AVolumeInsideANewOneInEitherOrder) {
  on_host([] {
    make_source("/mnt/outer");
    make_directory("/mnt/outer/inner");
    make_source("/mnt/inner");
    for (const bool outer_first : {true, false}) {
      std::vector<Volume> volumes = {{"/mnt/outer", "/slipway-test/v", Access::kReadOnly},
                                     {"/mnt/inner", "/slipway-test/v/inner", Access::kReadWrite}};
      if (!outer_first) std::swap(volumes[0], volumes[1]);
      const auto seen =
          launch(who(), volumes,
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
  on_host([] {
    make_source();
    struct stat root_home {};
    must(::stat("/root", &root_home) == 0, "stat /root");
    const auto seen = launch(who(), {{"/mnt/host", "/container", Access::kReadOnly}},
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

TEST_P(Volumes, AMountPointMissingInsideAReadOnlyVolumeIsMadeForTheTaskOnly) {
  on_host([] {
    make_source("/mnt/outer");
    make_directory("/mnt/outer/sub", 0755, kNobody);
    make_source("/mnt/inner");
    const auto seen = launch(
        who(),
        {{"/mnt/outer", "v", Access::kReadOnly},
         {"/mnt/inner", "v/sub/missing/x", Access::kReadWrite},
         {"/mnt/inner/file", "v/added", Access::kReadOnly}},
        {"read", "v/file", "read", "v/sub/missing/x/file", "read", "v/added", "writable", "v",
         "writable", "v/sub", "writable", "v/file", "write", "v/sub/missing/x/new", "x"});
    EXPECT_EQ(seen.error, "");
    EXPECT_THAT(seen.all("read"), Each("from the host"));
    EXPECT_THAT(seen.all("create"), ElementsAre("EROFS", "EROFS"));
    EXPECT_THAT(seen.all("write"), ElementsAre("EROFS", "ok"));
    EXPECT_FALSE(exists("/mnt/outer/sub/missing") || exists("/mnt/outer/added"));
    EXPECT_EQ(read_file("/mnt/inner/new"), "x");
  });
}

TEST_P(Volumes, AMountPointMissingInAWritableVolumeLeavesItsEntriesWritable) {
  on_host([] {
    make_directory("/mnt/outer");
    make_directory("/mnt/outer/theirs", 0777);
    make_source("/mnt/inner");
    const auto seen = launch(
        who(),
        {{"/mnt/outer", "/srv", Access::kReadWrite}, {"/mnt/inner", "/srv/new", Access::kReadOnly}},
        {"read", "/srv/new/file", "write", "/srv/theirs/result", "done", "write", "/srv/vanishing",
         "x"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["read"], "from the host");
    EXPECT_THAT(seen.all("write"), ElementsAre("ok", "EROFS"));
    EXPECT_EQ(read_file("/mnt/outer/theirs/result"), "done");
    EXPECT_FALSE(exists("/mnt/outer/new"));
  });
}

TEST_P(Volumes, ADirectoryTheTaskMayWriteToIsNotExtended) {
  on_host([] {
    make_source("/mnt/outer");
    make_source("/mnt/inner");
    make_directory("/mnt/everybodys", 01777);
    const auto world_writable =
        launch(who(), {{"/mnt/inner", "/mnt/everybodys/x", Access::kReadOnly}}, {"cwd"});
    EXPECT_THAT(world_writable.error, AllOf(HasSubstr("'/mnt/everybodys' cannot be extended"),
                                            HasSubstr("everybody may write")));
    EXPECT_THAT(world_writable.remedy, HasSubstr("relative container_path"));
    const auto own = launch(
        who(), {{"/mnt/outer", "v", Access::kReadWrite}, {"/mnt/inner", "v/x", Access::kReadOnly}},
        {"read", "v/x/file"});
    if (who() == Who::kRoot) {
      EXPECT_EQ(own["read"], "from the host");
    } else {
      EXPECT_THAT(own.error, AllOf(HasSubstr("'v' cannot be extended"),
                                   HasSubstr("the task's user may write to it")));
    }
    EXPECT_FALSE(exists("/mnt/everybodys/x") || exists("/mnt/outer/x"));
  });
}

TEST_P(Volumes, AMissingPathAtAnyDepthAppearsInTheNamespaceOnly) {
  on_host([] {
    make_source();
    make_directory("/mnt/lib", 02755, 1234);
    make_file("/mnt/lib/file", "old");
    must(::symlink("file", "/mnt/lib/link") == 0, "symlink");
    make_directory("/mnt/lib/sub");
    mount_memory("/mnt/lib/sub", MS_NOEXEC);
    make_file("/mnt/lib/sub/deep", "deep");
    make_directory("/mnt/lib/closed", 0700);
    must(::mkfifo("/mnt/lib/fifo", 0600) == 0, "mkfifo");
    const auto seen = launch(who(),
                             {{"/mnt/host", "/mnt/lib/x/y", Access::kReadOnly},
                              {"/mnt/host/file", "/mnt/lib/x/z", Access::kReadOnly},
                              {"/mnt/host", "/usr/lib/slipway-test/a", Access::kReadOnly},
                              {"/mnt/host", "/container", Access::kReadOnly}},
                             {"read", "/mnt/lib/x/y/file", "read", "/mnt/lib/x/z", "read",
                              "/usr/lib/slipway-test/a/file", "read", "/container/file", "stat",
                              "/mnt/lib", "stat", "/mnt/lib/link", "stat", "/mnt/lib/closed",
                              "write", "/mnt/lib/new", "x", "mounts", "cwd"});
    EXPECT_EQ(seen.error, "");
    EXPECT_THAT(seen.all("read"), Each("from the host"));
    EXPECT_EQ(seen["write"], "EROFS");
    EXPECT_EQ(seen["cwd"], "/mnt/sandbox");
    EXPECT_THAT(seen.all("stat")[0], HasSubstr("directory 2755"));
    if (who() != Who::kUser) {
      EXPECT_EQ(seen.all("stat")[0], "directory 2755 1234 1234");
    }
    EXPECT_THAT(seen.all("stat")[1], HasSubstr("link"));
    EXPECT_THAT(seen.all("stat")[2], HasSubstr("directory 0700"));
    if (const auto* mount = mount_on(mounts_of(seen), "/mnt/lib/sub")) {
      EXPECT_TRUE(mount->has("noexec"));
    }
    for (const char* path : {"/mnt/lib/x", "/usr/lib/slipway-test", "/container"}) {
      EXPECT_FALSE(exists(path)) << path;
    }
  });
}

// Every entry costs a mount.
TEST_P(Volumes, ADirectoryWithTooManyEntriesIsNotExtended) {
  on_host([] {
    make_source();
    make_directory("/mnt/many");
    for (std::size_t i = 0; i <= mounts::kMostMirroredEntries; ++i) {
      make_file("/mnt/many/" + std::to_string(i), "");
    }
    const auto seen = launch(who(), {{"/mnt/host", "/mnt/many/x", Access::kReadOnly}}, {"cwd"});
    EXPECT_THAT(seen.error, HasSubstr("more than 1000 entries"));
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

}  // namespace
}  // namespace slipway::tests
