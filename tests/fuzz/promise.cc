#include "tests/fuzz/promise.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace slipway::fuzz {

namespace {

// Generous: with both sanitizers, on a slow machine, the first use of a library included.
constexpr double kAnySize = 1.0;  // seconds
constexpr double kEachByte = 15e-6;

bool is_obeyed(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

void broken(std::string_view promise) {
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

TimeBound::TimeBound(std::size_t input_bytes) : input_bytes_(input_bytes) {
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start_);
}

TimeBound::~TimeBound() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  const double took = static_cast<double>(now.tv_sec - start_.tv_sec) +
                      static_cast<double>(now.tv_nsec - start_.tv_nsec) * 1e-9;
  if (took > kAnySize + kEachByte * static_cast<double>(input_bytes_)) {
    std::fprintf(stderr, "%.3f s for %zu bytes\n", took, input_bytes_);
    broken("time grows with the length of the text, not with its square");
  }
}

void hold_one_line(std::string_view line, std::string_view promise) {
  hold(std::ranges::none_of(line, is_obeyed), promise);
}

void hold_lines(std::string_view text, std::string_view promise) {
  hold(std::ranges::none_of(text, [](char c) { return c != '\n' && is_obeyed(c); }), promise);
}

void hold_inside(std::string_view path) {
  hold(!path.empty() && path.front() != '/' && path.back() != '/', "a path is relative and clean");
  hold(path.find('\0') == std::string_view::npos, "a path has no NUL");
  hold(path.size() < 4096, "a path is shorter than the kernel takes");
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    hold(!name.empty() && name != "." && name != "..", "a path stays below the root");
    hold(name.size() <= 255, "a component fits into a directory");
    path.remove_prefix(std::min(name.size() + 1, path.size()));
  }
}

}  // namespace slipway::fuzz
