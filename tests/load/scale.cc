#include "tests/load/scale.h"

#include <cstdio>
#include <string_view>

#include "sandbox/quantity.h"

namespace slipway::tests {

namespace {

Scale asked_for;

struct Option {
  std::string_view start;
  const char* help;
  void (*take)(std::uint64_t value);
};

constexpr Option kOptions[] = {
    {"--seconds=", "N     of the fetch loops",
     [](std::uint64_t value) { asked_for.time = std::chrono::seconds(value); }},
    {"--launches=", "N    one after the other, by four at a time",
     [](std::uint64_t value) { asked_for.launches = value; }},
    {"--together=", "N    at once", [](std::uint64_t value) { asked_for.together = value; }},
    {"--bytes=", "SIZE    of a file or an archive, when memory is measured",
     [](std::uint64_t value) { asked_for.bytes = value; }},
};

bool take(std::string_view word) {
  for (const Option& option : kOptions) {
    if (!word.starts_with(option.start)) continue;
    const auto value = parse_size(word.substr(option.start.size()));
    if (!value || *value == 0) return false;
    option.take(*value);
    return true;
  }
  return false;
}

}  // namespace

const Scale& scale() {
  return asked_for;
}

bool take_scale(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (take(argv[i])) continue;
    std::fprintf(stderr, "load_tests: '%s' makes no sense; there are gtest's options and\n",
                 argv[i]);
    for (const Option& option : kOptions) {
      std::fprintf(stderr, "  %s%s\n", option.start.data(), option.help);
    }
    return false;
  }
  return true;
}

}  // namespace slipway::tests
