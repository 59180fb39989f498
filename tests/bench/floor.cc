// The least that a launch with read-only binds can cost: namespaces, binds, exec; no parsing, no
// checks. As root a mount namespace, as an ordinary user a user namespace with it.
// usage: bench_floor [SOURCE TARGET]… -- PROGRAM
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr unsigned kCloneTree = 1 | O_CLOEXEC | AT_RECURSIVE;  // OPEN_TREE_CLONE

void must(long result, const char* what) {
  if (result >= 0) return;
  std::perror(what);
  std::exit(1);
}

void write_file(const char* path, const char* text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  must(file, path);
  must(::write(file, text, std::strlen(text)), path);
  ::close(file);
}

void enter_with_user_namespace() {
  char users[32];
  char groups[32];
  std::snprintf(users, sizeof users, "%u %u 1\n", ::geteuid(), ::geteuid());
  std::snprintf(groups, sizeof groups, "%u %u 1\n", ::getegid(), ::getegid());
  must(::unshare(CLONE_NEWUSER | CLONE_NEWNS), "unshare");
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", users);
  write_file("/proc/self/gid_map", groups);
}

// Where root has no user namespace, what it mounts must not reach the host.
void enter_as_root() {
  must(::unshare(CLONE_NEWNS), "unshare");
  mount_attr isolate{};
  isolate.propagation = 1U << 19;  // MS_SLAVE
  must(::syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &isolate, sizeof isolate), "/");
}

void bind(const char* source, const char* target) {
  const long tree = ::syscall(SYS_open_tree, AT_FDCWD, source, kCloneTree);
  must(tree, source);
  mount_attr read_only{};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  must(::syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &read_only,
                 sizeof read_only),
       source);
  must(::syscall(SYS_move_mount, tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH), target);
  ::close(static_cast<int>(tree));
}

}  // namespace

int main(int argc, char** argv) {
  ::geteuid() == 0 ? enter_as_root() : enter_with_user_namespace();
  int at = 1;
  for (; at + 1 < argc && std::strcmp(argv[at], "--") != 0; at += 2) bind(argv[at], argv[at + 1]);
  if (at + 1 >= argc) return 2;
  ::execv(argv[at + 1], argv + at + 1);
  must(-1, argv[at + 1]);
}
