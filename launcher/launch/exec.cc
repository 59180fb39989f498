#include "launcher/launch/exec.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "launcher/base/c_strings.h"
#include "launcher/base/exit_status.h"
#include "launcher/base/secret_mask.h"
#include "launcher/launch/exec_refusal.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"
#include "sandbox/message_code.h"

namespace slipway::launcher {

namespace {

enum class Candidate { kNothing, kNotExecutable, kGood };

Candidate look_at(const std::string& path) {
  const auto found = sys::find_at(AT_FDCWD, path, 0);
  if (!found) {
    // EACCES: something may be there that the user may not even look at.
    return found.error().is(std::errc::permission_denied) ? Candidate::kNotExecutable
                                                          : Candidate::kNothing;
  }
  if (!*found) return Candidate::kNothing;
  if (!S_ISREG((*found)->st_mode)) return Candidate::kNotExecutable;
  const auto may = sys::may_access(AT_FDCWD, path, X_OK);
  return may && *may ? Candidate::kGood : Candidate::kNotExecutable;
}

// Where a program may be, in the order in which it is looked for.
std::vector<std::string> candidates(const ExecSpec& spec,
                                    const sandbox::AbsolutePath& sandbox_dir) {
  if (spec.lookup == Lookup::kExact) return {spec.file};
  std::vector<std::string> all{cat(sandbox_dir.str(), '/', spec.file)};
  if (spec.file.find('/') != std::string::npos) return all;
  const auto* variable = spec.environment.find("PATH");
  std::string_view path =
      variable == nullptr ? sandbox::kDefaultPath : std::string_view(variable->value);
  for (;;) {
    const std::size_t colon = path.find(':');
    const std::string_view directory = path.substr(0, colon);
    // An empty element means the current directory (execvp(3)): the sandbox, which came first.
    if (!directory.empty()) all.push_back(cat(directory, '/', spec.file));
    if (colon == std::string_view::npos) return all;
    path.remove_prefix(colon + 1);
  }
}

}  // namespace

Result<std::string, ExecFailure> find_program(const ExecSpec& spec,
                                              const sandbox::AbsolutePath& sandbox_dir) {
  std::optional<std::string> unfit;
  for (std::string& path : candidates(spec, sandbox_dir)) {
    switch (look_at(path)) {
      case Candidate::kGood:
        return std::move(path);
      case Candidate::kNotExecutable:
        if (!unfit) unfit = path;
        break;
      case Candidate::kNothing:
        break;
    }
  }
  if (unfit) {
    return ExecFailure{kExitNotExecutable, refused_file(*unfit, spec.remedy)};
  }
  const bool bare = spec.file.find('/') == std::string::npos;
  return ExecFailure{
      kExitNotFound,
      Error(cat(quote(mask_secrets(spec.file)), bare ? " is neither in the sandbox nor in PATH"
                                                : spec.lookup == Lookup::kExact
                                                    ? " does not exist"
                                                    : " is not in the sandbox"))
          .hint(spec.remedy.empty()
                    ? "fetch it by one of the entry's uris, or give its absolute path"
                    : spec.remedy)
          .as(MessageCode::kExecNotFound)};
}

ExecFailure execute(const std::string& path, const ExecSpec& spec) {
  std::vector<std::string> assignments;
  for (const auto& variable : spec.environment.variables()) {
    assignments.push_back(cat(variable.name, '=', variable.value));
  }
  const auto environment = c_strings(assignments);
  sandbox::allow_core_dumps();
  sandbox::reset_signals();
  ::execve(path.c_str(), c_strings(spec.argv).data(), environment.data());
  int number = errno;
  if (number == ENOEXEC && is_script(path)) {
    std::vector<std::string> argv{"/bin/sh", path};
    if (spec.argv.size() > 1) argv.insert(argv.end(), spec.argv.begin() + 1, spec.argv.end());
    ::execve("/bin/sh", c_strings(argv).data(), environment.data());
    number = errno;
  }
  sandbox::survive_failed_writes();
  return {kExitNotExecutable, refused_exec(number, path)};
}

}  // namespace slipway::launcher
