// A host that a test may do with what it likes: a mount namespace of its own, gone with its
// process.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "mounts/mount_plan.h"
#include "sandbox/mountinfo.h"
#include "tests/support/nobody.h"

namespace slipway::tests {

// Runs `body` in a child process with a mount namespace of its own, in which /mnt is an empty file
// system in memory and /mnt/probe the probe program. Expectations that fail there fail the test.
void in_private_host(const std::function<void()>& body);

// Which system calls there are.
enum class Kernel {
  kPresent,              // all that this kernel has
  kWithoutMountSetattr,  // Linux 5.10
  kClassic,              // nothing that came after Linux 5.1
  kFiltered,             // the same, by a container's filter that does not know them (EPERM)
};
std::string name_of(Kernel kernel);
// The same on such a kernel.
void in_private_host(Kernel kernel, const std::function<void()>& body);

enum class Who {
  kRoot,         // root for itself
  kRootForUser,  // root, for the user nobody
  kUser,         // the user nobody itself
};
std::string name_of(Who who);

// Everybody on every kernel.
class OnEveryHost : public ::testing::TestWithParam<std::tuple<Who, Kernel>> {
 public:
  static std::string name(const ::testing::TestParamInfo<ParamType>& test);

 protected:
  static Who who() { return std::get<Who>(GetParam()); }
  static bool has_mount_setattr() { return std::get<Kernel>(GetParam()) == Kernel::kPresent; }
  static void on_host(const std::function<void()>& body) {
    in_private_host(std::get<Kernel>(GetParam()), body);
  }
};
inline const auto kEveryHost =
    ::testing::Combine(::testing::Values(Who::kRoot, Who::kRootForUser, Who::kUser),
                       ::testing::Values(Kernel::kPresent, Kernel::kWithoutMountSetattr,
                                         Kernel::kClassic, Kernel::kFiltered));

struct Volume {
  std::string host_path;
  std::string container_path;
  mounts::Access access = mounts::Access::kReadOnly;
};

// What became of a launch: the probe's answers, or why there are none.
struct Launched {
  std::string error;  // empty where the probe ran
  std::string remedy;
  std::string without_user_namespace;
  std::vector<std::pair<std::string, std::string>> answers;

  // The first answer of that name; "(none)" where there is none.
  [[nodiscard]] std::string operator[](const std::string& key) const;
  [[nodiscard]] std::vector<std::string> all(const std::string& key) const;
};

// Surveys, plans and applies the volumes with the sandbox /mnt/sandbox (made where missing, the
// task's own), gives up all rights as a launch does, and asks the probe. In a child process: the
// caller stays as it is.
Launched launch(Who who, const std::vector<Volume>& volumes,
                const std::vector<std::string>& questions);

// The same without the probe: `inside` runs where the executor would. Its result, or
// kNotLaunched.
constexpr int kNotLaunched = 125;
int launch_and(Who who, const std::vector<Volume>& volumes, const std::function<int()>& inside);

// The probe's answers to "mounts".
std::vector<sandbox::MountEntry> mounts_of(const Launched& launched);
// The mount on that point; a failure of the test where there is none.
const sandbox::MountEntry* mount_on(const std::vector<sandbox::MountEntry>& table,
                                    const std::string& point);

// A source that the task's user owns, so that nothing but the mount stands in its way: a directory
// with a file "file", which says "from the host".
void make_source(const std::string& path = "/mnt/host");

// Small things that a test must not go on without.
void must(bool done, const std::string& what);
void make_directory(const std::string& path, mode_t mode = 0755, uid_t owner = 0);
void make_file(const std::string& path, const std::string& content, mode_t mode = 0644,
               uid_t owner = 0);
void mount_memory(const std::string& path, unsigned long flags = 0);
void share_all_mounts();
std::string host_mountinfo();

}  // namespace slipway::tests
