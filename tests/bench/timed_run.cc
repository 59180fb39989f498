#include "tests/bench/timed_run.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <stdexcept>

#include "sandbox/base/text.h"

namespace slipway::bench {

namespace {

[[noreturn]] void give_up(const std::vector<std::string>& argv, const std::string& what) {
  throw std::runtime_error(join(argv, " ") + ": " + what);
}

double milliseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

pid_t start(const std::vector<std::string>& argv) {
  static char path[] = "PATH=/usr/bin:/bin";
  static char lang[] = "LANG=C.UTF-8";
  const std::array<char*, 3> environment{path, lang, nullptr};
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_t child = -1;
  // glibc makes the child by CLONE_VM | CLONE_VFORK.
  const int problem = ::posix_spawn(&child, argv.front().c_str(), nullptr, nullptr, words.data(),
                                    environment.data());
  if (problem != 0) give_up(argv, std::strerror(problem));  // NOLINT(concurrency-mt-unsafe)
  return child;
}

}  // namespace

Cost timed_run(const std::vector<std::string>& argv) {
  const auto before = std::chrono::steady_clock::now();
  const pid_t child = start(argv);
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0) continue;
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - before;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    give_up(argv, "ended with wait status " + std::to_string(status));
  }
  return {took.count(), milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime),
          static_cast<double>(usage.ru_minflt), static_cast<double>(usage.ru_maxrss) / 1024};
}

}  // namespace slipway::bench
