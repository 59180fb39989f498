#include "sandbox/private_dir.h"

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::sandbox {

Result<Fd> make_private_dir(int sandbox, uid_t user) {
  if (auto made = sys::make_directory(sandbox, kPrivateDir, 0700);
      !made && !made.error().is(std::errc::file_exists)) {
    const bool read_only = made.error().is(std::errc::read_only_file_system);
    return std::move(made).error().hint(
        read_only ? "take a sandbox on a file system that is not mounted read-only"
                  : "the task's user must be able to write to the sandbox");
  }
  // Looked at before it is opened: somebody else's cannot be.
  const auto found = TRY(sys::stat_at(sandbox, kPrivateDir));
  if (!S_ISDIR(found.st_mode)) {
    return Error(cat(quote(kPrivateDir), " in the sandbox is not a directory"))
        .hint("it is slipway's own place: remove what is there");
  }
  if (found.st_uid != user) {
    return Error(cat(quote(kPrivateDir), " in the sandbox belongs to uid ", found.st_uid,
                     ", not to the task's user (uid ", user, ")"))
        .hint("this sandbox was used by somebody else: take another one");
  }
  Fd fd = TRY(sys::open_beneath(sandbox, kPrivateDir, O_RDONLY | O_DIRECTORY)
                  .hint("it is slipway's own place in the sandbox: remove what is there"));
  if (TRY(sys::stat_fd(fd.get())).st_uid != user) return Error("it was swapped just now");
  const auto locked = sys::lock(fd.get(), sys::Lock::kExclusive);
  if (!locked) {
    return Error(locked.error())
        .hint(
            "slipway needs a sandbox on a file system with flock(2); Lustre has it with -o flock");
  }
  if (!*locked) {
    return Error("another slipway is at work in this sandbox")
        .hint("wait for it, or take another sandbox");
  }
  return fd;
}

}  // namespace slipway::sandbox
