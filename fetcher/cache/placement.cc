#include "fetcher/cache/placement.h"

#include <dirent.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
constexpr std::size_t kNamedConflicts = 10;
// Of so many names that were moved or removed while a directory was read, the file system may have
// skipped some: it is read again.
constexpr std::size_t kManyGone = 1024;

std::string below(const std::string& path, const std::string& name) {
  return path.empty() ? name : cat(path, '/', name);
}

Result<Fd> open_directory(int root, const std::string& path) {
  return sys::open_beneath(root, path.empty() ? "." : path, kDirectoryFlags);
}

// Gives `name` in `dir`, a directory of ours, all rights of its owner. O_PATH needs none.
Result<void> make_accessible(int dir, const std::string& name, mode_t mode) {
  const Fd held = TRY(sys::open_at(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  return sys::change_mode_of_path(held.get(), (mode & 07777) | 0700);
}

// One pair of directories of a merge, by its path below both roots.
struct Pair {
  std::string path;
  Fd from;
  Fd onto;
};

// What is done with one name that is there in `from`: `here` and `there` are its two states.
struct Item {
  const Pair& pair;
  const std::string& name;
  struct stat here;
  std::optional<struct stat> there;

  [[nodiscard]] bool here_is_directory() const { return S_ISDIR(here.st_mode); }
  [[nodiscard]] bool there_is_directory() const { return there && S_ISDIR(there->st_mode); }
  [[nodiscard]] std::string path() const;  // below both roots, quoted
};

// Calls `visit(item)` for everything that stands against something, directories merged being
// entered: more than once where names go from a directory. A list of paths instead of recursion:
// neither stack nor descriptors grow with the depth, and memory only with the directories that are
// merged.
enum class Names { kStay, kGo };
template <class Visit>
Result<void> walk(int from, int onto, Names names, const Visit& visit) {
  std::vector<std::string> pending{""};
  while (!pending.empty()) {
    Pair pair{std::move(pending.back()), {}, {}};
    pending.pop_back();
    pair.from = TRY(open_directory(from, pair.path));
    pair.onto = TRY(open_directory(onto, pair.path));
    std::size_t gone = 0;
    do {
      gone = 0;
      auto reader = TRY(sys::DirectoryReader::open(pair.from.get()));
      while (const auto entry = TRY(reader.next())) {
        const auto here = TRY(sys::stat_at(pair.from.get(), entry->name));
        const auto there = TRY(sys::find_at(pair.onto.get(), entry->name));
        const Item item{pair, entry->name, here, there};
        TRY(visit(item));
        if (item.here_is_directory() && item.there_is_directory()) {
          pending.push_back(below(pair.path, entry->name));
        } else if (names == Names::kGo) {
          ++gone;
        }
      }
    } while (gone >= kManyGone);
  }
  return {};
}

std::string Item::path() const {
  return quote(below(pair.path, name));
}

// Why one of the two cannot take the other's place, for a person; "" where nothing is against it.
std::string clash_of(const Item& item) {
  if (!item.there || item.here_is_directory() == item.there_is_directory()) return {};
  const std::string_view there = item.there_is_directory()      ? "directory"
                                 : S_ISLNK(item.there->st_mode) ? "symbolic link"
                                                                : "file";
  return cat("a ", there, " stands where the ", item.here_is_directory() ? "directory " : "file ",
             item.path(), " would be placed");
}

Result<void> move(const Item& item) {
  const int from = item.pair.from.get();
  const int onto = item.pair.onto.get();
  auto moved = sys::rename(from, item.name, onto, item.name);
  const bool denied = !moved && moved.error().is(std::errc::permission_denied);
  if (!denied || !item.here_is_directory() || (item.here.st_mode & 0200) != 0) return moved;
  // rename(2): to move a directory its ".." is written, which needs the right to write it.
  TRY(make_accessible(from, item.name, item.here.st_mode));
  TRY(sys::rename(from, item.name, onto, item.name));
  const Fd placed = TRY(sys::open_at(onto, item.name, kDirectoryFlags));
  return sys::change_mode(placed.get(), item.here.st_mode & 07777);
}

constexpr char kOfTheEntry[] =
    "two URIs of the entry place it: leave one out, or change what it holds";
constexpr char kOfTheSandbox[] =
    "take another sandbox, or remove what is in the way: a link may be the agent's, to a volume";
constexpr char kOfTheRights[] = "let the task's user write there";

Result<void> place(const Item& item) {
  if (std::string clash = clash_of(item); !clash.empty()) {
    return Error(std::move(clash)).hint(kOfTheEntry);
  }
  if (!item.there_is_directory()) return move(item);
  // Entered next: what is in it must be movable out of it.
  if ((item.here.st_mode & 0700) == 0700) return {};
  return make_accessible(item.pair.from.get(), item.name, item.here.st_mode);
}

// Judged while nothing has moved yet: afterwards a link may lead elsewhere.
bool would_replace_link_to_directory(const Item& item) {
  if (!S_ISREG(item.here.st_mode) || !item.there || !S_ISLNK(item.there->st_mode)) return false;
  const auto target = sys::find_at(item.pair.onto.get(), item.name, 0);
  return target && *target && S_ISDIR((*target)->st_mode);
}

struct Conflict {
  std::string reason;  // for a person; "" where nothing stands against the item
  bool of_rights = false;
};

Result<Conflict> conflict_of(const Item& item) {
  std::string clash = clash_of(item);
  if (!clash.empty() || item.there_is_directory()) return Conflict{std::move(clash)};
  if (would_replace_link_to_directory(item)) {
    return Conflict{cat("a symbolic link to a directory stands where the file ", item.path(),
                        " would be placed")};
  }
  if (TRY(sys::may_access(item.pair.onto.get(), ".", W_OK | X_OK))) return Conflict{};
  return Conflict{cat(item.path(), " would be placed in a directory that is not writable"), true};
}

// --- removal ---------------------------------------------------------------------------------

// A directory on the way from the tree's top to where the removal is. Only the innermost one is
// held open: a tree may be deeper than there are descriptors.
struct Level {
  std::string name;
  dev_t device = 0;
  ino_t inode = 0;
  std::vector<std::string> directories;  // still to be removed
  bool again = false;                    // there may be more
};

// Opens directory `name` for removal of what is in it.
Result<Fd> enter(int dir, const std::string& name) {
  auto fd = sys::open_same_mount(dir, name, kDirectoryFlags);
  if (!fd && fd.error().is(std::errc::cross_device_link)) {
    return Error(cat(quote(name), " is a mount point: unmount it first"));
  }
  if (!fd && fd.error().is(std::errc::permission_denied)) {
    TRY(make_accessible(dir, name, 0));
    fd = sys::open_same_mount(dir, name, kDirectoryFlags);
  }
  return fd;
}

using Beat = std::function<void()>;
constexpr std::size_t kBeatEvery = 256;           // files
constexpr std::size_t kDirectoriesOfLevel = 128;  // held at a time

// Removes everything but directories from `fd`, and notes some of those.
Result<Level> empty_files(int fd, std::string name, const Beat& beat) {
  const auto self = TRY(sys::stat_fd(fd));
  // Where it is not ours this fails, and the removal below says why.
  if ((self.st_mode & 0700) != 0700) (void)sys::change_mode(fd, (self.st_mode & 07777) | 0700);
  Level level{std::move(name), self.st_dev, self.st_ino, {}};
  std::size_t seen = 0;
  auto reader = TRY(sys::DirectoryReader::open(fd));
  while (auto entry = TRY(reader.next())) {
    if (beat && seen % kBeatEvery == 0) beat();
    ++seen;
    bool directory = entry->type == DT_DIR;
    if (entry->type == DT_UNKNOWN) {
      directory = S_ISDIR(TRY(sys::stat_at(fd, entry->name)).st_mode);
    }
    if (!directory) {
      TRY(sys::unlink(fd, entry->name));
    } else if (level.directories.size() < kDirectoriesOfLevel) {
      level.directories.push_back(std::move(entry->name));
    } else {
      level.again = true;
      break;  // to read on would be to read all that is left for each 128 of them
    }
  }
  level.again = level.again || seen >= kManyGone;
  return level;
}

// The parent of `fd`, which must be the directory that we came from: somebody may have moved `fd`.
Result<Fd> leave(int fd, const Level& parent) {
  Fd up = TRY(sys::open_at(fd, "..", kDirectoryFlags));
  const auto found = TRY(sys::stat_fd(up.get()));
  if (found.st_dev != parent.device || found.st_ino != parent.inode) {
    return Error("a directory was moved while its tree was removed");
  }
  return up;
}

Result<void> remove_directory(int dir, const std::string& name, const Beat& beat) {
  Fd current = TRY(enter(dir, name));
  std::vector<Level> levels;
  levels.push_back(TRY(empty_files(current.get(), name, beat)));
  for (;;) {
    if (levels.back().directories.empty() && levels.back().again) {
      levels.back() = TRY(empty_files(current.get(), std::move(levels.back().name), beat));
    }
    auto& directories = levels.back().directories;
    if (!directories.empty()) {
      const std::string child = std::move(directories.back());
      directories.pop_back();
      current = TRY(enter(current.get(), child));
      levels.push_back(TRY(empty_files(current.get(), child, beat)));
      continue;
    }
    const std::string finished = std::move(levels.back().name);
    levels.pop_back();
    if (levels.empty()) return sys::unlink(dir, finished, AT_REMOVEDIR);
    current = TRY(leave(current.get(), levels.back()));
    TRY(sys::unlink(current.get(), finished, AT_REMOVEDIR));
  }
}

}  // namespace

Result<void> check_merge(int from, int onto) {
  std::vector<std::string> named;
  std::size_t more = 0;
  bool only_rights = true;
  TRY(walk(from, onto, Names::kStay, [&](const Item& item) -> Result<void> {
    auto [reason, of_rights] = TRY(conflict_of(item));
    if (reason.empty()) return {};
    only_rights = only_rights && of_rights;
    named.size() < kNamedConflicts ? named.push_back(std::move(reason)) : void(++more);
    return {};
  }));
  if (named.empty()) return {};
  return Error(cat(join(named, "; "), more > 0 ? cat("; and ", more, " more") : std::string()))
      .hint(only_rights ? kOfTheRights : kOfTheSandbox);
}

Result<void> merge(int from, int onto) {
  return walk(from, onto, Names::kGo, [](const Item& item) {
    auto placed = place(item);
    // The words only where they are needed: there may be many items.
    return placed ? placed : std::move(placed).context(cat("placing ", item.path()));
  });
}

Result<void> remove_tree(int dir, const std::string& name, const std::function<void()>& beat) {
  const std::string doing = cat("removing ", quote(name));
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) {
    return Error(cat(doing, ": not the name of one entry"));
  }
  const auto found = TRY(sys::find_at(dir, name).context(doing));
  if (!found) return {};
  if (!S_ISDIR(found->st_mode)) return sys::unlink(dir, name).context(doing);
  return remove_directory(dir, name, beat).context(doing);
}

}  // namespace slipway::fetcher
