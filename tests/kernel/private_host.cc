#include "tests/kernel/private_host.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <sstream>

#include "mounts/apply.h"
#include "mounts/mount_survey.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"
#include "sandbox/user.h"
#include "tests/support/in_child.h"
#include "tests/support/seccomp.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {

namespace {

constexpr const char* kSandbox = "/mnt/sandbox";
constexpr const char* kPrivateDir = "/mnt/sandbox/.slipway";
constexpr unsigned kPatience = 60;  // seconds, for one launch

std::string own_directory() {
  const auto path = sys::read_link(AT_FDCWD, "/proc/self/exe");
  must(path.has_value(), "readlink /proc/self/exe");
  return path->substr(0, path->rfind('/'));
}

std::string read_all(int fd) {
  auto text = sys::read_to_end(fd, std::size_t{16} << 20);
  return text ? *text : std::string();
}

mounts::VolumeSpec spec_of(const Volume& volume) {
  const auto absolute = [](const std::string& text) {
    auto path = sandbox::AbsolutePath::parse(text);
    must(path.has_value(), text);
    return *path;
  };
  mounts::VolumeSpec spec{absolute(volume.host_path), sandbox::AbsolutePath::root(), volume.access};
  if (volume.container_path.starts_with('/')) {
    spec.container_path = absolute(volume.container_path);
  } else {
    auto path = sandbox::SandboxPath::parse(volume.container_path);
    must(path.has_value(), volume.container_path);
    spec.container_path = *path;
  }
  return spec;
}

mounts::Privilege privilege_of(Who who) {
  switch (who) {
    case Who::kRoot:
      return mounts::Privilege::kRealRoot;
    case Who::kRootForUser:
      return mounts::Privilege::kRootForUser;
    case Who::kUser:
      return mounts::Privilege::kOrdinaryUser;
  }
  return {};
}

void become_nobody_for_good() {
  if (::geteuid() != kNobody) {
    must(::setgroups(0, nullptr) == 0, "setgroups");
    must(::setresgid(kNobody, kNobody, kNobody) == 0, "setresgid");
    must(::setresuid(kNobody, kNobody, kNobody) == 0, "setresuid");
  }
  // An ordinary login is dumpable; a process that dropped from root is not, and owns no id map.
  must(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0, "PR_SET_DUMPABLE");
}

Result<mounts::Applied> mount_volumes(Who who, const std::vector<Volume>& volumes,
                                      const sandbox::User& user) {
  const auto sandbox_dir = TRY(sandbox::AbsolutePath::parse(kSandbox));
  const Fd sandbox = TRY(sys::open_at(AT_FDCWD, kSandbox, O_RDONLY | O_DIRECTORY));
  std::vector<mounts::VolumeSpec> specs;
  specs.reserve(volumes.size());
  for (const auto& volume : volumes) specs.push_back(spec_of(volume));
  const auto survey = mounts::survey_volumes(specs, user, sandbox_dir);
  auto plan = mounts::plan_mounts(specs, survey, sandbox_dir, privilege_of(who));
  if (!plan) return Error(plan.error().front().error);
  return mounts::apply(*plan, sandbox.get(), sandbox_dir, user);
}

Result<mounts::Applied> prepare(Who who, const std::vector<Volume>& volumes) {
  const auto user =
      TRY(who == Who::kRootForUser ? sandbox::find_user("nobody") : sandbox::calling_user());
  auto applied = TRY(mount_volumes(who, volumes, user));
  if (who != Who::kRoot) {
    if (!volumes.empty()) TRY(sandbox::drop_bounding_set());
    TRY(sandbox::become(user));
    TRY(sandbox::drop_capabilities());
    TRY(sandbox::forbid_new_privileges());
  }
  return applied;
}

[[noreturn]] void run_probe(Who who, const std::vector<Volume>& volumes,
                            const std::vector<std::string>& questions, int out, int failures) {
  ::alarm(kPatience);
  if (who == Who::kUser) become_nobody_for_good();
  auto applied = prepare(who, volumes);
  if (!applied) {
    (void)sys::write_all(failures, cat(applied.error().message(), '\n', applied.error().remedy()));
    ::_exit(125);
  }
  if (applied->without_user_namespace) {
    (void)sys::write_all(
        out, cat("without-user-namespace: ", applied->without_user_namespace->message(), '\n'));
  }
  must(::fchdir(applied->sandbox.get()) == 0, "fchdir to the sandbox");
  must(::dup2(out, 1) == 1, "dup2");
  must(sandbox::close_from(3).has_value(), "close_from");
  std::vector<char*> argv;
  std::string name = "probe";
  argv.push_back(name.data());
  auto words = questions;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv("/mnt/probe", argv.data());
  must(false, "exec /mnt/probe");
  ::_exit(127);
}

void make_sandbox(Who who) {
  const uid_t owner = who == Who::kRoot ? 0 : kNobody;
  if (!exists(kSandbox)) make_directory(kSandbox, 0750, owner);
  if (!exists(kPrivateDir)) make_directory(kPrivateDir, 0700, owner);
}

std::vector<std::pair<std::string, std::string>> parse_answers(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> answers;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) {
      answers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
  }
  return answers;
}

}  // namespace

void must(bool done, const std::string& what) {
  if (done) return;
  std::fprintf(stderr, "test set-up failed: %s: %s\n", what.c_str(), std::strerror(errno));
  std::fflush(nullptr);
  ::_exit(99);
}

void in_private_host(const std::function<void()>& body) {
  in_child([&] {
    const std::string probe = read_file(own_directory() + "/probe");
    must(::unshare(CLONE_NEWNS) == 0, "unshare (these tests need root)");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make / private");
    mount_memory("/mnt");
    ::umask(022);
    make_file("/mnt/probe", probe, 0755);
    body();
  });
}

std::string name_of(Kernel kernel) {
  switch (kernel) {
    case Kernel::kPresent:
      return "Present";
    case Kernel::kWithoutMountSetattr:
      return "WithoutMountSetattr";
    case Kernel::kClassic:
      return "Classic";
    case Kernel::kFiltered:
      return "Filtered";
  }
  return "";
}

void in_private_host(Kernel kernel, const std::function<void()>& body) {
  in_private_host([&] {
    if (kernel == Kernel::kWithoutMountSetattr) deny_calls({SYS_mount_setattr}, ENOSYS);
    if (kernel == Kernel::kClassic || kernel == Kernel::kFiltered) {
      deny_calls({SYS_openat2, SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount,
                  SYS_mount_setattr, SYS_close_range, SYS_faccessat2},
                 kernel == Kernel::kClassic ? ENOSYS : EPERM);
    }
    body();
  });
}

std::string name_of(Who who) {
  switch (who) {
    case Who::kRoot:
      return "Root";
    case Who::kRootForUser:
      return "RootForUser";
    case Who::kUser:
      return "User";
  }
  return "";
}

std::string OnEveryHost::name(const ::testing::TestParamInfo<ParamType>& test) {
  return name_of(std::get<Who>(test.param)) + "On" + name_of(std::get<Kernel>(test.param));
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

void make_source(const std::string& path) {
  make_directory(path, 0755, kNobody);
  make_file(path + "/file", "from the host", 0644, kNobody);
}

Launched launch(Who who, const std::vector<Volume>& volumes,
                const std::vector<std::string>& questions) {
  make_sandbox(who);
  auto [out_read, out_write] = *sys::make_pipe();
  auto [failure_read, failure_write] = *sys::make_pipe();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  must(child >= 0, "fork");
  if (child == 0) run_probe(who, volumes, questions, out_write.get(), failure_write.get());
  out_write.reset();
  failure_write.reset();
  Launched launched;
  launched.answers = parse_answers(read_all(out_read.get()));
  const std::string failure = read_all(failure_read.get());
  const std::size_t line_end = failure.find('\n');
  launched.error = failure.substr(0, line_end);
  if (line_end != std::string::npos) launched.remedy = failure.substr(line_end + 1);
  if (!launched.answers.empty() && launched.answers[0].first == "without-user-namespace") {
    launched.without_user_namespace = launched.answers[0].second;
  }
  const auto status = sys::wait_for(child);
  EXPECT_TRUE(status.has_value() && WIFEXITED(*status)) << "the launch was killed";
  if (status && launched.error.empty()) {
    EXPECT_EQ(WEXITSTATUS(*status), 0);
  }
  return launched;
}

int launch_and(Who who, const std::vector<Volume>& volumes, const std::function<int()>& inside) {
  make_sandbox(who);
  std::fflush(nullptr);
  const pid_t child = ::fork();
  must(child >= 0, "fork");
  if (child == 0) {
    ::alarm(kPatience);
    if (who == Who::kUser) become_nobody_for_good();
    ::_exit(prepare(who, volumes) ? inside() : kNotLaunched);
  }
  const auto status = sys::wait_for(child);
  EXPECT_TRUE(status.has_value() && WIFEXITED(*status)) << "the launch was killed";
  return status ? WEXITSTATUS(*status) : -1;
}

std::string Launched::operator[](const std::string& key) const {
  const auto found = all(key);
  return found.empty() ? "(none)" : found.front();
}

std::vector<std::string> Launched::all(const std::string& key) const {
  std::vector<std::string> values;
  for (const auto& [name, value] : answers) {
    if (name == key) values.push_back(value);
  }
  return values;
}

void make_directory(const std::string& path, mode_t mode, uid_t owner) {
  must(::mkdir(path.c_str(), 0700) == 0, "mkdir " + path);
  must(::chown(path.c_str(), owner, owner) == 0, "chown " + path);
  must(::chmod(path.c_str(), mode) == 0, "chmod " + path);
}

void make_file(const std::string& path, const std::string& content, mode_t mode, uid_t owner) {
  const auto file = sys::open_at(AT_FDCWD, path, O_CREAT | O_EXCL | O_WRONLY, 0600);
  must(file.has_value(), "create " + path);
  must(sys::write_all(file->get(), content).has_value(), "write " + path);
  must(::fchown(file->get(), owner, owner) == 0, "chown " + path);
  must(::fchmod(file->get(), mode) == 0, "chmod " + path);
}

void mount_memory(const std::string& path, unsigned long flags) {
  must(::mount("tmpfs", path.c_str(), "tmpfs", flags, "mode=0755") == 0, "mount tmpfs on " + path);
}

void share_all_mounts() {
  must(::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) == 0, "make / shared");
}

std::string host_mountinfo() {
  return read_file("/proc/self/mountinfo");
}

}  // namespace slipway::tests
