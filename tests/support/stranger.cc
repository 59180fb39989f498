// Stands in the place of slipway-fetcher and does what one would do that bytes from outside have
// taken over: "ATTEMPT: ok|ERRNO" for each, on stderr. Static, for it may execute nothing else.
// What it is not to reach is in "outside" beside it, which file permissions give to everybody.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

namespace {

constexpr int kSandbox = 3;  // where the launcher puts it for slipway-fetcher

void say(const char* attempt, long result) {
  std::fprintf(stderr, "%s: %s\n", attempt, result >= 0 ? "ok" : strerrorname_np(errno));
}

long execute(const char* program) {
  const pid_t child = ::fork();
  if (child < 0) return child;
  if (child == 0) {
    ::execl(program, program, static_cast<char*>(nullptr));
    ::_exit(errno);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  errno = WEXITSTATUS(status);
  return errno == 0 ? 0 : -1;
}

void say_status() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    for (const char* key : {"Uid:", "NoNewPrivs:", "CapPrm:"}) {
      if (line.starts_with(key)) std::fprintf(stderr, "%s\n", line.c_str());
    }
  }
}

}  // namespace

int main() {
  char path[PATH_MAX] = {};
  if (::readlink("/proc/self/exe", path, sizeof path - 1) < 0) return 1;
  const std::string own = path;
  const std::string outside = own.substr(0, own.rfind('/')) + "/outside";
  const std::string file = outside + "/file";
  say("create", ::open((outside + "/new").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
  say("write", ::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  say("truncate", ::truncate(file.c_str(), 0));
  say("remove", ::unlink(file.c_str()));
  say("rename", ::rename(file.c_str(), (outside + "/other").c_str()));
  say("link into", ::linkat(AT_FDCWD, file.c_str(), kSandbox, "linked", 0));
  say("mkdir", ::mkdir((outside + "/dir").c_str(), 0755));
  say("symlink", ::symlink("/", (outside + "/link").c_str()));
  say("execute", execute("/bin/true"));
  say("fifo inside", ::mkfifoat(kSandbox, "fifo", 0644));
  say("read", ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  say("create inside", ::openat(kSandbox, "inside", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
  say_status();
  return 1;
}
