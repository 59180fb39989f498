// Runs in the place of an executor and tells what it sees: "key: value" lines on stdout. Static, so
// that it runs wherever it is put. Several questions may follow each other:
//   probe ids caps nnp fds umask cwd signals env mounts
//         writable PATH | remount PATH | nested-remount PATH | stat PATH | read PATH | write PATH
//         TEXT sleep SECONDS | exit CODE | pids | become-root | limits | argv REST…
// A value that is an attempt is "ok" or the name of the error ("EROFS").
#include <dirent.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

extern char** environ;

namespace {

constexpr unsigned long kRemountBindReadWrite =
    32 | 4096;  // MS_REMOUNT | MS_BIND, without MS_RDONLY

void say(const std::string& key, const std::string& value) {
  std::string line = key + ": ";
  for (const char c : value) {
    if (c == '\n') {
      line += "\\n";
    } else {
      line += c;
    }
  }
  std::puts(line.c_str());
}

// Of the call just made; 0 or more is success.
std::string outcome(long result) {
  if (result >= 0) return "ok";
  const char* name = strerrorname_np(errno);
  return name != nullptr ? name : std::to_string(errno);
}

void say_status(const std::vector<std::string>& keys) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    const std::string key = line.substr(0, line.find(':'));
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) continue;
    std::string value = line.substr(std::min(line.size(), key.size() + 2));
    std::replace(value.begin(), value.end(), '\t', ' ');
    while (!value.empty() && value.back() == ' ') value.pop_back();
    say(key, value);
  }
}

int number(const std::string& text) {
  return static_cast<int>(std::strtol(text.c_str(), nullptr, 10));
}

void say_fds() {
  std::vector<int> open;
  DIR* listing = ::opendir("/proc/self/fd");
  while (const dirent* entry = listing != nullptr ? ::readdir(listing) : nullptr) {
    const int fd = number(entry->d_name);
    if (entry->d_name[0] != '.' && fd != ::dirfd(listing)) open.push_back(fd);
  }
  if (listing != nullptr) ::closedir(listing);
  std::sort(open.begin(), open.end());
  std::string text;
  for (const int fd : open) text += (text.empty() ? "" : " ") + std::to_string(fd);
  say("fds", text);
}

void say_mounts() {
  std::ifstream table("/proc/self/mountinfo");
  std::string line;
  while (std::getline(table, line)) say("mount", line);
}

void say_cwd() {
  char* path = ::getcwd(nullptr, 0);
  say("cwd", path != nullptr ? path : outcome(-1));
  std::free(path);
}

void say_umask() {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", ::umask(0));
  say("umask", text);
}

void say_pids() {
  say("pid", std::to_string(::getpid()));
  say("group", std::to_string(::getpgrp()));
  say("session", std::to_string(::getsid(0)));
  std::fflush(stdout);
}

void say_limits() {
  std::ifstream table("/proc/self/limits");
  std::string line;
  while (std::getline(table, line)) say("limit", line);
}

void try_directory(const std::string& path, mode_t mode) {
  const std::string name = path + "/.probe";
  const int fd = ::open(name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  say("create", outcome(fd));
  if (fd >= 0) {
    ::close(fd);
    ::unlink(name.c_str());
  }
  say("chmod", outcome(::chmod(path.c_str(), mode)));
  say("utimes", outcome(::utimensat(AT_FDCWD, path.c_str(), nullptr, 0)));
}

void try_file(const std::string& path, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  say("write", fd < 0 ? outcome(fd) : outcome(::write(fd, "", 0)));
  if (fd >= 0) ::close(fd);
  say("chmod", outcome(::chmod(path.c_str(), mode)));
  say("utimes", outcome(::utimensat(AT_FDCWD, path.c_str(), nullptr, 0)));
}

void try_writing(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    say("writable", outcome(-1));
    return;
  }
  const mode_t mode = found.st_mode & 07777;
  S_ISDIR(found.st_mode) ? try_directory(path, mode) : try_file(path, mode);
}

void try_remount(const std::string& key, const std::string& path) {
  say(key, outcome(::syscall(SYS_mount, nullptr, path.c_str(), nullptr, kRemountBindReadWrite,
                             nullptr)));
  mount_attr change{};
  change.attr_clr = MOUNT_ATTR_RDONLY;
  say(key + "-setattr",
      outcome(::syscall(SYS_mount_setattr, AT_FDCWD, path.c_str(), 0, &change, sizeof change)));
  say(key + "-umount", outcome(::syscall(SYS_umount2, path.c_str(), 2)));
}

void write_text(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  (void)!::write(fd, text.data(), text.size());
  ::close(fd);
}

void try_nested_remount(const std::string& path) {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  const int result = ::unshare(CLONE_NEWUSER | CLONE_NEWNS);
  say("nested-unshare", outcome(result));
  if (result != 0) return;
  write_text("/proc/self/setgroups", "deny");
  write_text("/proc/self/uid_map", "0 " + user + " 1\n");
  write_text("/proc/self/gid_map", "0 " + group + " 1\n");
  try_remount("nested-remount", path);
}

void say_stat(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    say("stat", outcome(-1));
    return;
  }
  const char* kind = S_ISDIR(found.st_mode)   ? "directory"
                     : S_ISLNK(found.st_mode) ? "link"
                     : S_ISREG(found.st_mode) ? "file"
                                              : "other";
  char text[128];
  std::snprintf(text, sizeof text, "%s %04o %u %u", kind, found.st_mode & 07777, found.st_uid,
                found.st_gid);
  say("stat", text);
}

void read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    say("read", outcome(-1));
    return;
  }
  say("read", std::string(std::istreambuf_iterator<char>(file), {}));
}

void write_file(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
  say("write", fd < 0 ? outcome(fd) : outcome(::write(fd, text.data(), text.size())));
  if (fd >= 0) ::close(fd);
}

class Questions {
 public:
  Questions(int count, char** words) : words_(words, words + count) {}

  void answer() {
    while (at_ < words_.size()) answer_one(next());
  }

 private:
  std::string next() { return at_ < words_.size() ? words_[at_++] : std::string(); }

  void answer_one(const std::string& question) {
    if (question == "ids") return say_status({"Uid", "Gid", "Groups"});
    if (question == "caps") return say_status({"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"});
    if (question == "nnp") return say_status({"NoNewPrivs"});
    if (question == "signals") return say_status({"SigBlk", "SigIgn", "SigCgt"});
    if (question == "fds") return say_fds();
    if (question == "umask") return say_umask();
    if (question == "cwd") return say_cwd();
    if (question == "pids") return say_pids();
    if (question == "limits") return say_limits();
    // For a copy of the probe that is setuid.
    if (question == "become-root") return say("become-root", outcome(::setresuid(0, 0, 0)));
    if (question == "mounts") return say_mounts();
    if (question == "writable") return try_writing(next());
    if (question == "remount") return try_remount("remount", next());
    if (question == "nested-remount") return try_nested_remount(next());
    if (question == "stat") return say_stat(next());
    if (question == "read") return read_file(next());
    if (question == "sleep") return void(::sleep(static_cast<unsigned>(std::stoul(next()))));
    if (question == "exit") std::exit(number(next()));
    if (question == "write") {
      const std::string path = next();
      return write_file(path, next());
    }
    if (question == "env") {
      for (char** entry = environ; *entry != nullptr; ++entry) say("env", *entry);
      return;
    }
    if (question == "argv") {
      for (const auto& word : words_) say("argv", word);
      at_ = words_.size();
      return;
    }
    std::fprintf(stderr, "probe: unknown question '%s'\n", question.c_str());
    std::exit(2);
  }

  std::vector<std::string> words_;
  std::size_t at_ = 1;
};

}  // namespace

int main(int argc, char** argv) {
  Questions(argc, argv).answer();
  return 0;
}
