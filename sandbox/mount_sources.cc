#include "sandbox/mount_sources.h"

#include <algorithm>
#include <cerrno>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::sandbox {

namespace {

constexpr std::size_t kMostText = std::size_t{64} << 20;
constexpr int kMostPasses = 64;

bool is_number(const std::string& name) {
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

class Scan {
 public:
  Scan(const Fd& proc, std::string_view prefix, uid_t owner)
      : proc_(proc.get()), prefix_(prefix), owner_(owner) {}

  // Until nobody has ended before being looked at: whoever did may have left children that were not
  // listed yet. Those of a process that was looked at have nothing that it had not.
  Result<MountSources> run() {
    for (int pass = 0; pass < kMostPasses; ++pass) {
      someone_ended_ = false;
      TRY(look_at_new_ones());
      if (!someone_ended_) return std::move(found_);
    }
    found_.complete = false;
    return std::move(found_);
  }

 private:
  Result<void> look_at_new_ones() {
    bool any = false;
    for (const auto& entry : TRY(sys::list(proc_))) {
      if (!is_number(entry.name)) continue;
      any = true;  // at least this one
      if (seen_.insert(entry.name).second && counts(entry.name)) look_at_process(entry.name);
    }
    if (!any) found_.complete = false;
    return {};
  }

  // What is not dumpable (proc(5)) is root's to look at.
  bool counts(const std::string& process) {
    const auto found = sys::find_at(proc_, process);
    if (!found) return true;
    if (!*found) {
      someone_ended_ = true;
      return false;
    }
    return owner_ == 0 || (*found)->st_uid == owner_ || (*found)->st_uid == 0;
  }

  void look_at_process(const std::string& process) {
    if (look_at(process)) return;
    // The first thread may have ended before the others.
    const auto threads = sys::open_at(proc_, cat(process, "/task"), O_RDONLY | O_DIRECTORY);
    const auto list = threads ? sys::list(threads->get()) : Error(threads.error());
    if (list) {
      for (const auto& thread : *list) {
        if (look_at(cat(process, "/task/", thread.name))) return;
      }
    }
    someone_ended_ = true;
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
  std::string_view prefix_;
  uid_t owner_;
  std::set<std::string> seen_;
  bool someone_ended_ = false;
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
