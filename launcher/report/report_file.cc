#include "launcher/report/report_file.h"

#include <unistd.h>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/private_dir.h"

namespace slipway::launcher {

namespace {

std::string report_name() {
  return cat(sandbox::kPrivateDir, '/', kReportFile);
}

// A file system where the owner has no account is none to refuse.
sandbox::User owner_of(const struct stat& found) {
  if (auto user = sandbox::find_user(found.st_uid)) return *std::move(user);
  sandbox::User user;
  user.uid = found.st_uid;
  user.gid = found.st_gid;
  user.groups = {found.st_gid};
  return user;
}

// Looked at by a descriptor that reads nothing, so that a fifo or device is not even opened.
Result<void> check_file(const struct stat& found, uid_t owner) {
  if (!S_ISREG(found.st_mode)) return Error("it is no regular file");
  if (found.st_nlink != 1) return Error("it has several names");
  if (found.st_uid != owner) {
    return Error(cat("it belongs to uid ", found.st_uid, ", the sandbox to uid ", owner));
  }
  return {};
}

Result<Fd> open_in_sandbox(const Fd& directory, uid_t owner, int flags) {
  const Fd held = TRY(sys::open_beneath(directory.get(), report_name(), O_PATH)
                          .context(cat("the report ", quote(report_name()))));
  TRY(check_file(TRY(sys::stat_fd(held.get())), owner).context(quote(report_name())));
  return sys::reopen(held.get(), flags | O_NOCTTY);
}

Result<std::string> read_in_sandbox(const Fd& directory, const struct stat& found) {
  const auto as_owner = TRY(sandbox::AsUser::enter(owner_of(found)));
  if (!TRY(sys::find_at(directory.get(), sandbox::kPrivateDir))) {
    return Error(cat("there is no ", sandbox::kPrivateDir, " in it"))
        .hint("give the directory that 'slipway run' worked in");
  }
  const Fd file = TRY(open_in_sandbox(directory, found.st_uid, O_RDONLY));
  return sys::read_to_end(file.get(), kReportMaxBytes);
}

Result<std::string> read_at_place(const std::string& place) {
  const auto target = TRY(sys::stat_at(AT_FDCWD, place, 0));
  if (S_ISDIR(target.st_mode)) {
    const Fd directory = TRY(sys::open_at(AT_FDCWD, place, O_PATH | O_DIRECTORY));
    return read_in_sandbox(directory, TRY(sys::stat_fd(directory.get())));
  }
  const Fd held = TRY(sys::open_at(AT_FDCWD, place, O_PATH | O_NOFOLLOW));
  const auto found = TRY(sys::stat_fd(held.get()));
  if (!S_ISREG(found.st_mode)) {
    return Error("it is no regular file").hint("'-' reads from standard input");
  }
  const auto as_owner = TRY(sandbox::AsUser::enter(owner_of(found)));
  const Fd file = TRY(sys::reopen(held.get(), O_RDONLY | O_NOCTTY));
  return sys::read_to_end(file.get(), kReportMaxBytes);
}

}  // namespace

Result<Fd> create_report(int private_dir, const sandbox::User& user) {
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  TRY(sys::unlink_if_there(private_dir, kReportFile));
  return sys::open_at(private_dir, kReportFile, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0600);
}

Result<Fd> open_report_again(const sandbox::AbsolutePath& sandbox, const sandbox::User& user) {
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  const Fd directory = TRY(sys::open_canonical(sandbox.str(), O_PATH | O_DIRECTORY));
  return open_in_sandbox(directory, user.uid, O_WRONLY | O_APPEND);
}

Result<std::string> read_report(const std::string& place) {
  if (place == "-") {
    return sys::read_to_end(STDIN_FILENO, kReportMaxBytes).context("standard input");
  }
  return read_at_place(place)
      .context(quote(place))
      .hint("name the sandbox of an earlier launch, or a report; - is standard input");
}

}  // namespace slipway::launcher
