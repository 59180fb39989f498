#include "tests/support/surroundings.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <sstream>

namespace slipway::tests {

namespace {

// Before the first test, and before anything is made.
const mode_t kCallers = ::umask(022);  // NOLINT(cert-err58-cpp): it throws nothing

std::vector<std::string> read_surroundings() {
  std::vector<std::string> variables;
  const char* text = ::getenv("SLIPWAY_TEST_SURROUNDINGS");  // NOLINT(concurrency-mt-unsafe)
  std::istringstream lines(text == nullptr ? "" : text);
  for (std::string line; std::getline(lines, line);) variables.push_back(line);
  return variables;
}

}  // namespace

mode_t callers_umask() {
  return kCallers;
}

const std::vector<std::string>& surroundings() {
  static const std::vector<std::string> variables = read_surroundings();
  return variables;
}

std::string start_directory() {
  const char* said = ::getenv("SLIPWAY_TEST_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
  return said == nullptr ? "/" : said;
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace slipway::tests
