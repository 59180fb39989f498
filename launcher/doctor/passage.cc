#include "launcher/doctor/passage.h"

#include <cerrno>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

constexpr int kMostLinks = 40;  // path_resolution(7)
constexpr mode_t kWritableToOthers = S_IWGRP | S_IWOTH;

// The names that are still to be walked, the next one last.
void push_names(std::vector<std::string>& names, std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.rfind('/');
    const std::string_view name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
    if (!name.empty() && name != ".") names.emplace_back(name);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  }
}

std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));  // of "/a": "", which stands for "/" while we walk
}

bool is_shared(const Station& station) {
  const mode_t mode = station.found.st_mode;
  return S_ISDIR(mode) && (mode & S_ISVTX) != 0 && (mode & kWritableToOthers) != 0;
}

}  // namespace

Result<Passage> walk(const std::string& path) {
  Passage passage;
  const auto root = TRY(sys::stat_at(AT_FDCWD, "/"));
  passage.stations.push_back({"/", root});
  std::vector<std::string> names;
  push_names(names, path);
  std::string at;  // without the last '/'
  for (int links = 0; !names.empty();) {
    const std::string name = std::move(names.back());
    names.pop_back();
    if (name == "..") {
      at = parent_of(at);
      continue;
    }
    const std::string next = cat(at, '/', name);
    const auto found = TRY(sys::stat_at(AT_FDCWD, next));
    passage.stations.push_back({next, found});
    if (S_ISLNK(found.st_mode)) {
      if (++links > kMostLinks) return Error::system(ELOOP, cat("walk ", quote(path)));
      const std::string target = TRY(sys::read_link(AT_FDCWD, next));
      if (target.starts_with('/')) at.clear();
      push_names(names, target);
      continue;
    }
    at = next;
  }
  // Where the path ends with ".." or a link to "/", the end is an earlier station.
  const std::string end = at.empty() ? "/" : at;
  if (passage.end().path != end) {
    const auto found = TRY(sys::stat_at(AT_FDCWD, end));
    passage.stations.push_back({end, found});
  }
  return passage;
}

std::string who_else_decides(const Passage& passage, uid_t caller) {
  for (const Station& station : passage.stations) {
    const auto& found = station.found;
    if (found.st_uid != 0 && found.st_uid != caller) {
      return cat(quote(station.path), " belongs to uid ", found.st_uid);
    }
    if (S_ISLNK(found.st_mode) || is_shared(station)) continue;
    if ((found.st_mode & S_IWOTH) != 0)
      return cat(quote(station.path), " is writable to everybody");
    if ((found.st_mode & S_IWGRP) != 0) {
      return cat(quote(station.path), " is writable to the group ", found.st_gid);
    }
  }
  return {};
}

std::string shared_directory(const Passage& passage) {
  for (const Station& station : passage.stations) {
    if (is_shared(station)) return station.path;
  }
  return {};
}

std::string who_cannot_execute(const Passage& passage) {
  constexpr mode_t kEverybody = S_IXUSR | S_IXGRP | S_IXOTH;
  for (const Station& station : passage.stations) {
    const mode_t mode = station.found.st_mode;
    if (S_ISLNK(mode) || (mode & kEverybody) == kEverybody) continue;
    return cat(quote(station.path), S_ISDIR(mode) ? " cannot be entered by everybody"
                                                  : " cannot be executed by everybody");
  }
  return {};
}

}  // namespace slipway::launcher
