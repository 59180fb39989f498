#include "tests/faults/choice.h"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "sandbox/base/text.h"

namespace slipway::tests {

namespace {

// Some 3,000 faults of all: less than a minute on two processors with nothing else to do.
constexpr int kStride = 23;

[[noreturn]] void end_with_usage(std::string_view word) {
  std::fprintf(stderr,
               "faults: '%s' is not understood\n"
               "usage: ./dev faults [--stride=N] [--seed=N] [SCENARIO [FAULT]]\n"
               "       ./dev faults --full [SCENARIO]\n",
               std::string(word).c_str());
  std::exit(2);
}

unsigned number_of(std::string_view word, std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) end_with_usage(word);
  return number;
}

void take_word(Choice& choice, std::string_view word) {
  constexpr std::string_view kStrideWord = "--stride=";
  constexpr std::string_view kSeedWord = "--seed=";
  if (word == "--full") {
    choice.full = true;
  } else if (word.starts_with(kStrideWord)) {
    choice.stride = static_cast<int>(number_of(word, word.substr(kStrideWord.size())));
    if (choice.stride == 0) end_with_usage(word);
  } else if (word.starts_with(kSeedWord)) {
    choice.seed = number_of(word, word.substr(kSeedWord.size()));
  } else if (word.starts_with("-")) {
    end_with_usage(word);
  } else if (choice.scenario.empty()) {
    choice.scenario = word;
  } else {
    choice.fault = parse_fault(word);
    if (!choice.fault) end_with_usage(word);
  }
}

}  // namespace

bool Choice::takes(std::size_t number) const {
  const auto step = static_cast<std::size_t>(full ? 1 : stride);
  const std::size_t shifted = number + seed % step;
  return shifted % step == 0 &&
         shifted / step % static_cast<std::size_t>(parts) == static_cast<std::size_t>(part);
}

Choice parse_choice(int argc, char** argv) {
  Choice choice;
  choice.seed = static_cast<unsigned>(std::chrono::system_clock::now().time_since_epoch() /
                                      std::chrono::seconds(1) % 100'000);
  for (int i = 1; i < argc; ++i) take_word(choice, argv[i]);
  if (choice.stride == 0) choice.stride = kStride;
  return choice;
}

std::string text_of(const Choice& choice) {
  if (choice.fault) return cat(choice.scenario, ' ', text_of(*choice.fault));
  if (choice.full) return "every fault";
  return cat("one of ", choice.stride, " faults, --seed=", choice.seed);
}

Choice& the_choice() {
  static Choice choice;
  return choice;
}

}  // namespace slipway::tests
