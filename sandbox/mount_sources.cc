#include "sandbox/mount_sources.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::sandbox {

namespace {

constexpr std::size_t kMostText = std::size_t{64} << 20;

bool is_process(const std::string& name) {
  return std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

// A process that has ended, or is a zombie, is in no namespace.
bool has_ended(const Error& error) {
  return error.is(std::errc::no_such_file_or_directory) || error.is(std::errc::no_such_process) ||
         error.is(std::errc::invalid_argument);
}

Result<std::string> read_table(int proc, const std::string& process) {
  const Fd file = TRY(sys::open_at(proc, cat(process, "/mountinfo"), O_RDONLY));
  return sys::read_to_end(file.get(), kMostText);
}

bool is_our_own(int proc, const std::string& process) {
  const auto found = sys::find_at(proc, process);
  return !found || (*found && (*found)->st_uid == ::geteuid());
}

// Of a text that many processes share word by word only one is looked through.
class Tables {
 public:
  bool is_new(const std::string& text) {
    return seen_.insert(std::hash<std::string>()(text)).second;
  }

 private:
  std::set<std::size_t> seen_;
};

}  // namespace

void collect_mount_sources(std::string_view mountinfo, std::string_view prefix,
                           std::set<std::string>& words) {
  // proc_pid_mountinfo(5): "… - TYPE SOURCE OPTIONS"; a blank within a field is written as \040.
  const std::string sought = cat(' ', prefix);
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

Result<MountSources> find_mount_sources(std::string_view prefix) {
  const Fd proc = TRY(sys::open_at(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY));
  MountSources out;
  Tables tables;
  std::size_t processes = 0;
  for (const auto& entry : TRY(sys::list(proc.get()))) {
    if (!is_process(entry.name)) continue;
    ++processes;
    const auto text = read_table(proc.get(), entry.name);
    if (text) {
      if (tables.is_new(*text)) collect_mount_sources(*text, prefix, out.words);
    } else if (!has_ended(text.error()) && is_our_own(proc.get(), entry.name)) {
      out.complete = false;
    }
  }
  // At least this one.
  if (processes == 0) out.complete = false;
  return out;
}

}  // namespace slipway::sandbox
