#include "launcher/launch/exec_refusal.h"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "launcher/base/secret_mask.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/message_code.h"

namespace slipway::launcher {

namespace {

bool is_on_noexec(const std::string& path) {
  struct statvfs found {};
  return ::statvfs(path.c_str(), &found) == 0 && (found.f_flag & ST_NOEXEC) != 0;
}

// How the file begins; empty where it is, or cannot be read.
std::string beginning_of(const std::string& path) {
  constexpr std::size_t kLooked = 256;  // BINPRM_BUF_SIZE of the kernel
  const auto file = sys::open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return {};
  std::byte bytes[kLooked];
  const auto count = sys::read(file->get(), bytes);
  return count ? std::string(reinterpret_cast<const char*>(bytes), *count) : std::string();
}

// What stands behind "#!", up to its arguments; empty where the file is no script, or unreadable.
std::string interpreter_of(const std::string& path) {
  const std::string text = beginning_of(path);
  std::string_view line(text);
  if (!line.starts_with("#!")) return {};
  line = line.substr(2, line.find('\n') - 2);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

// It may be a whole command by mistake, with what is secret in it.
std::string shown(const std::string& path) {
  return quote(mask_secrets(path));
}

std::string missing_interpreter(const std::string& path) {
  const std::string interpreter = interpreter_of(path);
  if (interpreter.empty()) return "it is there, but the loader that it names is not: see 'ldd'";
  const std::string named =
      cat("its first line names the interpreter ", quote(interpreter), ", which is not there");
  return interpreter.ends_with('\r')
             ? cat(named, ": the file has CR LF line ends, take them out with dos2unix")
             : cat(named, ": install it, or correct that line");
}

}  // namespace

bool is_script(const std::string& path) {
  const std::string text = beginning_of(path);
  return std::string_view(text).substr(0, text.find('\n')).find('\0') == std::string_view::npos;
}

Error refused_file(const std::string& path, const std::string& remedy) {
  const auto denied = [](Error error) { return std::move(error).as(MessageCode::kExecDenied); };
  const auto found = sys::find_at(AT_FDCWD, path, 0);
  if (found && *found && S_ISDIR((*found)->st_mode)) {
    return denied(
        Error(cat(shown(path), " is a directory")).hint("name the program that is in it"));
  }
  if (!found) {
    return denied(Error(cat(shown(path), " cannot be looked at by the task's user"))
                      .hint("let that user through every directory above it"));
  }
  if (is_on_noexec(path)) {
    return denied(Error(cat(shown(path), " is on a file system that is mounted noexec"))
                      .hint("take a sandbox on another one, or mount it without noexec"));
  }
  return denied(Error(cat(shown(path), " is no program that the task's user can execute"))
                    .hint(remedy.empty() ? "for a file of the entry's uris set \"executable\": true"
                                         : remedy));
}

Error refused_exec(int number, const std::string& path) {
  Error error = Error::system(number, cat("execute ", shown(path)));
  switch (number) {
    case ENOENT:
      return std::move(error).hint(missing_interpreter(path)).as(MessageCode::kExecInterpreter);
    case E2BIG:
      return std::move(error)
          .hint("arguments and environment are larger than the kernel takes")
          .as(MessageCode::kExecTooLong);
    case ENOEXEC:
      return std::move(error)
          .hint("it is no program of this machine's kind: see 'file'")
          .as(MessageCode::kExecFormat);
    case EACCES:
      return std::move(error)
          .hint("its file system may be mounted noexec, or its interpreter not be executable")
          .as(MessageCode::kExecDenied);
    default:
      return std::move(error).as(MessageCode::kExec);
  }
}

}  // namespace slipway::launcher
