#include "sandbox/stdio.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::sandbox {

namespace {

constexpr mode_t kOutputMode = 0644;
// O_NONBLOCK: what was swapped for a fifo just now must not make us wait.
constexpr int kAppend = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

Error planted(const std::string& name, std::string_view what) {
  return Error(cat(quote(name), " in the sandbox ", what))
      .hint("remove it, or take an empty sandbox: the executor's output goes there");
}

Result<void> check(const std::string& name, const struct stat& found) {
  if (S_ISLNK(found.st_mode)) return planted(name, "is a symbolic link");
  if (!S_ISREG(found.st_mode)) return planted(name, "is not a regular file");
  if (found.st_nlink != 1) return planted(name, "is a file that has other names too");
  return {};
}

Result<Fd> open_new(int sandbox, const std::string& name) {
  Fd file = TRY(sys::open_beneath(sandbox, name, kAppend | O_CREAT | O_EXCL, kOutputMode));
  TRY(sys::change_mode(file.get(), kOutputMode));  // past the umask
  return file;
}

Result<Fd> open_output(int sandbox, const std::string& name) {
  const auto before = TRY(sys::find_at(sandbox, name));
  // Looked at before it is opened: opening alone does something to a device or a fifo.
  if (before) TRY(check(name, *before));
  Fd file = TRY(before ? sys::open_beneath(sandbox, name, kAppend) : open_new(sandbox, name));
  TRY(check(name, TRY(sys::stat_fd(file.get()))));
  if (::fcntl(file.get(), F_SETFL, O_APPEND) != 0) return Error::system(errno, "fcntl F_SETFL");
  return file;
}

}  // namespace

bool is_output_file(const SandboxPath& path) {
  const std::string first = path.components().front();
  return first == kStdoutFile || first == kStderrFile;
}

Result<StdioFiles> open_stdio(int sandbox, const User& user) {
  const auto as_user = TRY(AsUser::enter(user));
  StdioFiles files;
  files.input = TRY(sys::open_at(AT_FDCWD, "/dev/null", O_RDONLY));
  files.output = TRY(open_output(sandbox, kStdoutFile));
  files.error = TRY(open_output(sandbox, kStderrFile));
  return files;
}

Result<Fd> redirect(const StdioFiles& files) {
  Fd former_error = TRY(sys::duplicate(STDERR_FILENO));
  TRY(sys::duplicate_onto(files.input.get(), STDIN_FILENO));
  TRY(sys::duplicate_onto(files.output.get(), STDOUT_FILENO));
  TRY(sys::duplicate_onto(files.error.get(), STDERR_FILENO));
  return former_error;
}

}  // namespace slipway::sandbox
