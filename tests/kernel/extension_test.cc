// Container paths that are missing on the host, or inside another volume: they appear for the task
// only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/kernel/private_host.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {
namespace {

using mounts::Access;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Extension : public OnEveryHost {};
INSTANTIATE_TEST_SUITE_P(By, Extension, kEveryHost, OnEveryHost::name);

TEST_P(Extension, V03_FileOnAMissingAbsolutePath) {
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

TEST_P(Extension, V01_TheSampleOfTheDocumentationRuns) {
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

TEST_P(Extension, L06_AVolumeInsideANewOneInEitherOrder) {
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

TEST_P(Extension, AnExtendedRootHasEverythingTheHostHasAndNothingMore) {
  on_host([] {
    make_source();
    struct stat root_home {};
    must(::stat("/root", &root_home) == 0, "stat /root");
    const auto seen = launch(who(), {{"/mnt/host", "/container", Access::kReadOnly}},
                             {"stat", "/root", "read", "/etc/hostname", "write",
                              "/slipway-test-new", "x", "stat", "/bin", "mounts", "stat", "/tmp"});
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

TEST_P(Extension, AMountPointMissingInsideAReadOnlyVolumeIsMadeForTheTaskOnly) {
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

TEST_P(Extension, AMountPointMissingInAWritableVolumeLeavesItsEntriesWritable) {
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

TEST_P(Extension, ADirectoryTheTaskMayWriteToIsNotExtended) {
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

TEST_P(Extension, AMissingPathAtAnyDepthAppearsInTheNamespaceOnly) {
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
    const auto table = mounts_of(seen);
    if (const auto* mount = mount_on(table, "/mnt/lib/sub")) {
      EXPECT_TRUE(mount->has("noexec"));
    }
    for (const char* path : {"/mnt/lib/x", "/usr/lib/slipway-test", "/container"}) {
      EXPECT_FALSE(exists(path)) << path;
    }
  });
}

// Every entry costs a mount.
TEST_P(Extension, ADirectoryWithTooManyEntriesIsNotExtended) {
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

// What the host has at that place is not what the task will see there.
TEST_P(Extension, ATargetInsideAVolumeIsWhereThatVolumeHasIt) {
  on_host([] {
    make_source();
    make_directory("/mnt/place");
    make_directory("/mnt/real");
    must(::symlink("../real", "/mnt/place/link") == 0, "symlink");
    make_file("/mnt/place/file", "");
    make_directory("/mnt/place/closed", 0700);
    make_directory("/mnt/outer");
    make_directory("/mnt/outer/link");
    make_directory("/mnt/outer/file");
    make_directory("/mnt/outer/closed");
    must(::symlink("place", "/mnt/way") == 0, "symlink");
    for (const char* target : {"/mnt/place/link", "/mnt/place/file", "/mnt/place/closed",
                               "/mnt/way/link", "/mnt/place/link/new"}) {
      for (const bool outer_first : {true, false}) {
        std::vector<Volume> volumes = {{"/mnt/outer", "/mnt/place", Access::kReadOnly},
                                       {"/mnt/host", target, Access::kReadOnly}};
        if (!outer_first) std::swap(volumes[0], volumes[1]);
        const auto seen = launch(who(), volumes, {"read", std::string(target) + "/file"});
        EXPECT_EQ(seen.error, "") << target;
        EXPECT_EQ(seen["read"], "from the host") << target;
      }
    }
    EXPECT_FALSE(exists("/mnt/real/file") || exists("/mnt/outer/link/new"));
  });
}

}  // namespace
}  // namespace slipway::tests
