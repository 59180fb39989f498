#include "sandbox/mount_sources.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::sandbox {

namespace {

constexpr std::size_t kMostText = std::size_t{64} << 20;
constexpr int kMostRounds = 64;  // over the threads of one process

bool is_number(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

// EINVAL is what a thread that has ended, and is not reaped, has instead of namespaces.
bool has_ended(const Error& error) {
  return error.is(std::errc::no_such_file_or_directory) || error.is(std::errc::no_such_process) ||
         error.is(std::errc::invalid_argument);
}

Result<std::string> read_table(int proc, const std::string& of) {
  const Fd file = TRY(sys::open_at(proc, cat(of, "/mountinfo"), O_RDONLY));
  return sys::read_to_end(file.get(), kMostText);
}

// The processes of a /proc, in the order of their numbers, in which it lists them.
class Processes {
 public:
  explicit Processes(int proc) : proc_(proc) {}

  Result<void> begin_anew() {
    last_.clear();
    return go_to(0);
  }
  // What comes after the last one is asked for again, however much was read ahead.
  Result<void> forget_read_ahead() { return go_to(place_of_last_); }

  // Nothing at the end.
  Result<std::optional<std::string>> next() {
    for (;;) {
      if (at_ == size_) {
        const ssize_t size = ::getdents64(proc_, bytes_.data(), bytes_.size());
        if (size < 0) return Error::system(errno, "list /proc");
        if (size == 0) return std::optional<std::string>();
        at_ = 0;
        size_ = static_cast<std::size_t>(size);
      }
      const auto* entry = reinterpret_cast<const dirent64*>(bytes_.data() + at_);
      at_ += entry->d_reclen;
      const off_t place = std::exchange(next_place_, entry->d_off);
      if (!is_number(entry->d_name) || entry->d_name == last_) continue;
      place_of_last_ = place;
      last_ = entry->d_name;
      return std::optional(last_);
    }
  }

 private:
  Result<void> go_to(off_t place) {
    if (::lseek(proc_, place, SEEK_SET) < 0) return Error::system(errno, "lseek in /proc");
    at_ = size_ = 0;
    next_place_ = place;
    return {};
  }

  int proc_;
  // Few at a time: what is forgotten was read in vain. Any one name fits.
  alignas(dirent64) std::array<std::byte, 1024> bytes_{};
  std::size_t at_ = 0;
  std::size_t size_ = 0;
  std::string last_;
  // As getdents64(2) counts. An entry tells the place of what was next when it was read, which is
  // no place to go on from: another may have come between, or after the end.
  off_t place_of_last_ = 0;
  off_t next_place_ = 0;
};

// New processes get rising numbers. So what a process hands on before it ends is found further up
// in the list, if the list is read after that end: who was looked at has shown it, and after who
// had ended the list is read anew. Only where the numbers begin anew, after the highest, is a child
// below its parent: therefore the list is gone through twice.
class Scan {
 public:
  Scan(const Fd& proc, std::string_view prefix, uid_t owner)
      : proc_(proc.get()), processes_(proc.get()), prefix_(prefix), owner_(owner) {}

  Result<MountSources> run() {
    TRY(look_at_all());
    TRY(look_at_all());
    return std::move(found_);
  }

 private:
  Result<void> look_at_all() {
    bool any = false;
    TRY(processes_.begin_anew());
    while (const auto process = TRY(processes_.next())) {
      any = true;  // at least this one
      if (!look_at_process(*process)) TRY(processes_.forget_read_ahead());
    }
    if (!any) found_.complete = false;
    return {};
  }

  // False where it had ended.
  bool look_at_process(const std::string& process) {
    const auto found = sys::find_at(proc_, process);
    if (found && !*found) return false;
    // A number that another process has now has another inode.
    if (found && !seen_.emplace(process, (*found)->st_ino).second) return true;
    // What is not dumpable (proc(5)) is root's to look at.
    if (found && owner_ != 0 && (*found)->st_uid != owner_ && (*found)->st_uid != 0) return true;
    return look_at(process) || look_at_threads(process);
  }

  // The first thread may have ended before the others, and its number be there again: who calls
  // execve(2) takes it. Each thread may have a namespace of its own.
  bool look_at_threads(const std::string& process) {
    std::set<std::string> known;
    for (int round = 0; round < kMostRounds; ++round) {
      const auto task = sys::open_at(proc_, cat(process, "/task"), O_RDONLY | O_DIRECTORY);
      const auto threads = task ? sys::list(task->get()) : Error(task.error());
      if (!threads && has_ended(threads.error())) return false;
      if (!threads) break;
      bool any = false;
      bool another = false;
      for (const auto& thread : *threads) {
        any |= look_at(cat(process, "/task/", thread.name));
        another |= known.insert(thread.name).second;
      }
      if (any || !another) return any;
    }
    found_.complete = false;
    return true;
  }

  // Whether it is there to be looked at.
  bool look_at(const std::string& of) {
    const auto text = read_table(proc_, of);
    if (text) {
      collect_mount_sources(*text, prefix_, found_.words);
      return true;
    }
    if (has_ended(text.error())) return false;
    found_.complete = false;
    return true;
  }

  int proc_;
  Processes processes_;
  std::string_view prefix_;
  uid_t owner_;
  std::set<std::pair<std::string, ino_t>> seen_;
  MountSources found_;
};

}  // namespace

void collect_mount_sources(std::string_view mountinfo, std::string_view prefix,
                           std::set<std::string>& words) {
  // proc_pid_mountinfo(5): "… - TYPE SOURCE OPTIONS"; a blank within a field is written as \040.
  const std::string sought = cat(" - overlay ", prefix);
  for (std::size_t at = 0; (at = mountinfo.find(sought, at)) != std::string_view::npos;) {
    at += sought.size();
    const std::size_t end = std::min(mountinfo.find_first_of(" \n", at), mountinfo.size());
    std::string_view rest = mountinfo.substr(at, end - at);
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      words.emplace(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
}

Result<MountSources> find_mount_sources(std::string_view prefix, uid_t owner) {
  const Fd proc = TRY(sys::open_at(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY));
  return Scan(proc, prefix, owner).run();
}

}  // namespace slipway::sandbox
