#include "fetcher/transfer/transport_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <vector>

#include "fetcher/base/file_identity.h"
#include "fetcher/transfer/body_sink.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/closed_directory.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr mode_t kPermissionBits = 07777;

std::string_view kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return "a directory";
    case S_IFIFO:
      return "a fifo";
    case S_IFCHR:
    case S_IFBLK:
      return "a device";
    case S_IFSOCK:
      return "a socket";
    default:
      return "of an unknown kind";
  }
}

FailureClass classify(const Error& error) {
  switch (error.number()) {
    case ENOENT:
    case ENOTDIR:
      return FailureClass::kNotFound;
    case EACCES:
    case EPERM:
      return FailureClass::kAuth;
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
    case ENXIO:
      return FailureClass::kUser;
    case ESTALE:
      return FailureClass::kTransient;  // NFS: replaced on the server
    default:
      return FailureClass::kLocal;
  }
}

TransferFailure failure_of(Error error, const std::string& path) {
  const FailureClass kind = classify(error);
  if (kind == FailureClass::kNotFound) {
    return {kind, 0, std::move(error).hint("it has to be on this host, at this very path")};
  }
  if (kind != FailureClass::kAuth) return {kind, 0, std::move(error)};
  if (error.is(std::errc::permission_denied)) {
    if (auto remedy = sandbox::open_the_way(path); !remedy.empty()) {
      return {kind, 0, std::move(error).hint(std::move(remedy))};
    }
  }
  return {kind, 0,
          std::move(error).hint("it is read as the task's user: give that user the right to")};
}

Result<struct stat> require_regular(Result<struct stat> found) {
  if (!found || S_ISREG(found->st_mode)) return found;
  Error error(cat("it is ", kind_of(found->st_mode), ", not a regular file"));
  if (!S_ISDIR(found->st_mode)) return error;
  return std::move(error)
      .hint("pack the directory into an archive, or mount it as a volume")
      .as(MessageCode::kFetchDirectory);
}

struct Source {
  Fd fd;
  struct stat found;
};

Result<Source, TransferFailure> open_source(const std::string& path) {
  if (path.find('\0') != std::string::npos) {
    return TransferFailure{FailureClass::kUser, 0, Error("the path holds a NUL byte")};
  }
  // Asked before it is opened, because opening some devices does something (a watchdog starts), and
  // after, because the name may mean another file by then.
  auto found = require_regular(sys::stat_at(AT_FDCWD, path, 0));
  if (!found && found.error().number() == 0) {
    return TransferFailure{FailureClass::kUser, 0, std::move(found).error()};
  }
  if (!found) return failure_of(std::move(found).error(), path);
  auto fd = sys::open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return failure_of(std::move(fd).error(), path);
  found = require_regular(sys::stat_fd(fd->get()));
  if (!found) return TransferFailure{FailureClass::kUser, 0, std::move(found).error()};
  return Source{*std::move(fd), *found};
}

Result<void, TransferFailure> copy(int from, BodySink& sink, Deadline end) {
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kPiece);
  for (;;) {
    auto count = sys::read(from, {buffer.get(), kPiece});
    if (!count) return TransferFailure{classify(count.error()), 0, std::move(count).error()};
    if (*count == 0) return {};
    if (!sink.write({buffer.get(), *count})) return sink.failure();
    if (end && std::chrono::steady_clock::now() > *end) {
      return TransferFailure{FailureClass::kTransient, 0, Error("it was not complete in time")};
    }
  }
}

}  // namespace

Result<Received, TransferFailure> fetch_file(const std::string& path, BodySink& sink,
                                             Deadline end) {
  const Source source = TRY(open_source(path));
  const std::string before = identity_of(source.found);
  BodyIdentity body{{before, {}}, static_cast<std::uint64_t>(source.found.st_size)};
  if (!sink.begin(std::move(body))) return sink.failure();
  TRY(copy(source.fd.get(), sink, end));
  Received received = TRY(sink.finish());
  const auto after = sys::stat_fd(source.fd.get());
  if (!after || identity_of(*after) != before) {
    return TransferFailure{FailureClass::kTransient, 0,
                           Error("the file was changed while it was read")};
  }
  received.mode = source.found.st_mode & kPermissionBits;
  return received;
}

Result<std::string> file_identity(const std::string& path) {
  auto source = open_source(path);
  if (!source) return std::move(source).error().error;
  return identity_of(source->found);
}

}  // namespace slipway::fetcher
