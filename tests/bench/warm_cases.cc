#include "tests/bench/warm_cases.h"

#include "sandbox/base/text.h"
#include "sandbox/quantity.h"
#include "tests/support/run_program.h"

namespace slipway::bench {

namespace {

Slipway slipway_of(const std::string& name, const std::string& prefix, const std::string& work) {
  std::string program = prefix + "/bin/slipway";
  auto words = materialize_words(tests::run_program({program, "run", "--help"}).out);
  return {name, std::move(program), std::move(words), cat(work, "/cache-", name)};
}

}  // namespace

std::vector<std::string> materialize_words(std::string_view help) {
  constexpr std::string_view kOption = "--materialize";
  const std::size_t at = help.find(kOption);
  if (at == std::string_view::npos) return {};
  std::string_view about = help.substr(at);
  // Up to the next option: that may speak of overlays too.
  for (std::size_t line = about.find('\n'); line != std::string_view::npos;
       line = about.find('\n', line + 1)) {
    const std::size_t word = about.find_first_not_of(' ', line + 1);
    if (word == std::string_view::npos || about[word] == '\n' || about[word] == '-') {
      about = about.substr(0, line);
    }
  }
  if (about.find("overlay") == std::string_view::npos) return {};
  return {std::string(kOption), "overlay"};
}

std::vector<Slipway> slipways(const std::string& build, const std::string& before,
                              const std::string& work) {
  std::vector<Slipway> all{slipway_of("slipway", build, work)};
  if (!before.empty()) all.push_back(slipway_of("before", before, work));
  return all;
}

std::vector<std::string> warm_launch(const Slipway& slipway, const std::string& settings,
                                     const std::string& entry, const std::string& sandbox) {
  std::vector<std::string> argv{slipway.program,  "run",       entry,         "-q",
                                "--settings",     settings,    "--cache-dir", slipway.cache,
                                "--cache-policy", "immutable", "--sandbox",   sandbox};
  argv.insert(argv.end(), slipway.materialize.begin(), slipway.materialize.end());
  return argv;
}

std::vector<std::string> at_once(std::size_t count, const std::string& command,
                                 const std::vector<std::string>& words) {
  std::vector<std::string> argv{
      "/bin/bash", "-c",
      cat(R"(for i in $(seq "$1"); do )", command,
          R"( & all+=" $!"; done; for each in $all; do wait "$each" || exit; done)"),
      "bench", cat(count)};
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

std::vector<std::uint64_t> parse_list(const std::string& text) {
  std::vector<std::uint64_t> values;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const auto value = parse_size(text.substr(at, end - at));
    if (!value || *value == 0) return {};
    values.push_back(*value);
    at = end + 1;
  }
  return values;
}

}  // namespace slipway::bench
