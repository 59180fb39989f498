#include <unistd.h>

#include "fetcher/agent_cache.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/path.h"

namespace slipway::fetcher {

namespace {

constexpr int kMostLinks = 16;

bool is_trusted(uid_t owner) {
  return owner == 0 || owner == ::geteuid();
}

// Whether only the trusted can exchange what is in a directory and theirs.
Result<void> check_way(int directory, const std::string& shown) {
  const auto found = TRY(sys::stat_fd(directory));
  if (!is_trusted(found.st_uid)) {
    return Error(
        cat(quote(shown), " belongs to uid ", found.st_uid, ", who could exchange what is in it"));
  }
  if ((found.st_mode & 022) != 0 && (found.st_mode & S_ISVTX) == 0) {
    return Error(cat(quote(shown), " can be written by others, who could exchange what is in it"));
  }
  return {};
}

// The target of a link on the way, as an absolute path; nothing where `name` is no link.
Result<std::optional<std::string>> target_of(int directory, const std::string& name,
                                             const std::string& shown) {
  const auto found = TRY(sys::find_at(directory, name));
  if (!found || !S_ISLNK(found->st_mode)) return std::optional<std::string>();
  if (!is_trusted(found->st_uid)) {
    return Error(cat(quote(cat(shown, '/', name)), " is a link of uid ", found->st_uid, "'s"));
  }
  std::string target = TRY(sys::read_link(directory, name));
  if (!target.starts_with('/')) target = cat(shown, '/', target);
  return std::optional(std::move(target));
}

Result<Fd> make_and_open(int directory, const std::string& name, mode_t mode) {
  if (auto made = sys::make_directory(directory, name, mode);
      !made && !made.error().is(std::errc::file_exists)) {
    return std::move(made).error();
  }
  return sys::open_beneath(directory, name, O_RDONLY | O_DIRECTORY);
}

struct Place {
  Fd parent;
  std::string name;
};

// Walks to the directory in which the last component is, or is to be.
Result<Place> walk(std::string path) {
  for (int links = 0; links < kMostLinks; ++links) {
    const auto components = TRY(sandbox::AbsolutePath::parse(path)).components();
    if (components.empty()) return Error("the root directory cannot be a cache");
    Fd at = TRY(sys::open_at(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY));
    std::string shown;
    std::optional<std::string> elsewhere;
    for (std::size_t i = 0; i < components.size(); ++i) {
      TRY(check_way(at.get(), shown.empty() ? "/" : shown));
      elsewhere = TRY(target_of(at.get(), components[i], shown));
      if (elsewhere) {
        for (std::size_t rest = i + 1; rest < components.size(); ++rest) {
          *elsewhere += cat('/', components[rest]);
        }
        break;
      }
      if (i + 1 == components.size()) return Place{std::move(at), components[i]};
      at = TRY(make_and_open(at.get(), components[i], 0755));
      shown += cat('/', components[i]);
    }
    path = *std::move(elsewhere);
  }
  return Error("there are too many links on the way");
}

}  // namespace

Result<Fd> make_agent_cache(const std::string& path, const sandbox::User& user) {
  const Place place = TRY(walk(path));
  Fd directory = TRY(make_and_open(place.parent.get(), place.name, 0700));
  const auto found = TRY(sys::stat_fd(directory.get()));
  if (!is_trusted(found.st_uid) && found.st_uid != user.uid) {
    return Error(cat(quote(path), " belongs to uid ", found.st_uid));
  }
  if (found.st_uid != user.uid) {
    // What nobody has used yet, as an earlier one that was killed here may have left it.
    if (!TRY(sys::list(directory.get(), 1)).empty()) {
      return Error(cat(quote(path), " belongs to uid ", found.st_uid, " and is not empty"));
    }
    TRY(sys::change_owner(directory.get(), user.uid, user.gid));
  }
  if ((found.st_mode & 07777) != 0700) TRY(sys::change_mode(directory.get(), 0700));
  return directory;
}

}  // namespace slipway::fetcher
