#include "fetcher/cache/cache_directory.h"

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

std::string in(std::string_view directory, std::string_view name) {
  return cat(directory, '/', name);
}

Result<Fd> CacheDirectory::open_file(const std::string& path, int flags) const {
  // O_NONBLOCK: a planted fifo must not make us wait; regular files do not mind.
  Fd file = TRY(sys::open_beneath(version_.get(), path, flags | O_NONBLOCK,
                                  (flags & O_CREAT) != 0 ? 0600 : 0));
  const struct stat found = TRY(sys::stat_fd(file.get()));
  if (!S_ISREG(found.st_mode) || found.st_uid != owner_) {
    return Error(cat(quote(path), " in the cache is not a file of uid ", owner_));
  }
  return file;
}

Result<Fd> CacheDirectory::make_file(const std::string& path) const {
  auto made = open_file(path, O_RDWR | O_CREAT | O_EXCL);
  if (made || !made.error().is(std::errc::file_exists)) return made;
  TRY(remove(path));
  return open_file(path, O_RDWR | O_CREAT | O_EXCL);
}

Result<std::string> CacheDirectory::read_file(const std::string& path, std::size_t limit) const {
  const Fd file = TRY(open_file(path, O_RDONLY));
  return sys::read_to_end(file.get(), limit);
}

Result<void> CacheDirectory::remove(const std::string& path) const {
  return sys::unlink_if_there(version_.get(), path);
}

Result<void> CacheDirectory::rename(const std::string& from, const std::string& to) const {
  return sys::rename(version_.get(), from, version_.get(), to);
}

std::optional<struct stat> CacheDirectory::find_file(const std::string& path) const {
  const auto found = sys::find_at(version_.get(), path);
  if (!found || !*found || !S_ISREG((*found)->st_mode) || (*found)->st_uid != owner_) {
    return std::nullopt;
  }
  return *found;
}

bool CacheDirectory::has_directory(const std::string& path) const {
  const auto found = sys::find_at(version_.get(), path);
  return found && *found && S_ISDIR((*found)->st_mode);
}

Result<bool> CacheDirectory::names_file(const std::string& path, int fd) const {
  const auto named = TRY(sys::find_at(version_.get(), path));
  const struct stat held = TRY(sys::stat_fd(fd));
  return named && named->st_dev == held.st_dev && named->st_ino == held.st_ino;
}

Result<std::vector<std::string>> CacheDirectory::names(const char* directory) const {
  auto opened = sys::open_beneath(version_.get(), directory, O_RDONLY | O_DIRECTORY);
  std::vector<std::string> out;
  // Who made the cache was ended meanwhile: who fills it next makes the rest.
  if (!opened && opened.error().is(std::errc::no_such_file_or_directory)) return out;
  const Fd fd = TRY(std::move(opened));
  for (auto& entry : TRY(sys::list(fd.get()))) out.push_back(std::move(entry.name));
  return out;
}

}  // namespace slipway::fetcher
