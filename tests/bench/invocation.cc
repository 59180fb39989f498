#include "tests/bench/invocation.h"

#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "sandbox/base/text.h"

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

constexpr auto kNothing = BenchOption::Affects::kNothing;

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  char text[32];
  ::gmtime_r(&now, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

std::string left_column(const BenchOption& option) {
  return cat("--", option.name, option.value == nullptr ? "" : "=",
             option.value == nullptr ? "" : option.value);
}

void print_usage(const std::string& suite, const std::string& other,
                 const std::vector<BenchOption>& options) {
  std::fprintf(stderr,
               "usage: %s_bench [OPTIONS] BUILD-TREE [ROUNDS [PART-OF-A-CASE [OTHER]]]\n"
               "  OTHER is %s\n",
               suite.c_str(), other.c_str());
  for (const BenchOption& option : options) {
    std::fprintf(stderr, "  %-18s %s\n", left_column(option).c_str(), option.help);
  }
}

std::vector<BenchOption> with_ours(std::vector<BenchOption> options, Invocation& into) {
  options.push_back({"results", "DIR", "leave a table, JSON and a chart in DIR", kNothing,
                     [&into](const std::string& value) {
                       into.results = fs::absolute(value);
                       return !value.empty();
                     }});
  options.push_back({"date", "DATE", "the day to note, instead of today", kNothing,
                     [&into](const std::string& value) {
                       into.date = value;
                       return !value.empty();
                     }});
  return options;
}

// Takes the options, and the words between and behind them; false at the first that makes no sense.
bool take_options(int argc, char** argv, const std::vector<BenchOption>& options,
                  std::string& command, std::vector<std::string>& words) {
  std::vector<option> table;
  for (const BenchOption& each : options) {
    table.push_back(
        {each.name, each.value == nullptr ? no_argument : required_argument, nullptr, 0});
  }
  table.push_back({});
  int index = 0;
  // "-": words come as options with the code 1. Else POSIXLY_CORRECT would end the options at the
  // first of them (getopt(3)).
  constexpr int kWord = 1;
  for (int found = 0; (found = ::getopt_long(argc, argv, "-", table.data(), &index)) != -1;) {
    if (found == kWord) {
      words.emplace_back(optarg);
      continue;
    }
    if (found != 0) return false;
    const BenchOption& each = options[static_cast<std::size_t>(index)];
    const std::string value = optarg == nullptr ? "" : optarg;
    if (!each.take(value)) return false;
    if (each.affects == kNothing) continue;
    command += cat(" --", each.name, each.value == nullptr ? "" : "=", value);
  }
  words.insert(words.end(), argv + optind, argv + argc);
  return true;
}

}  // namespace

BenchOption scale_option(double& scale) {
  return {"scale", "PART", "only this part of the files of /usr (0.1: a tenth of them)",
          BenchOption::Affects::kResults, [&scale](const std::string& value) {
            scale = std::strtod(value.c_str(), nullptr);
            return scale > 0;
          }};
}

BenchOption keep_option(std::string& directory) {
  return {"keep", "DIR", "archives that are in DIR are used, and new ones left there",
          BenchOption::Affects::kNothing, [&directory](const std::string& value) {
            directory = fs::absolute(value);
            return !value.empty();
          }};
}

std::optional<Invocation> parse_invocation(int argc, char** argv, const std::string& suite,
                                           std::size_t rounds, const std::string& other,
                                           std::vector<BenchOption> options) {
  Invocation made;
  made.rounds = rounds;
  made.date = today();
  made.command = "./dev bench " + suite;
  options = with_ours(std::move(options), made);
  std::vector<std::string> words;
  const bool taken = take_options(argc, argv, options, made.command, words);
  if (words.size() > 1) made.rounds = std::strtoul(words[1].c_str(), nullptr, 10);
  if (!taken || words.empty() || made.rounds == 0) {
    print_usage(suite, other, options);
    return std::nullopt;
  }
  made.build = fs::absolute(words[0]);
  if (words.size() > 2) made.wanted = words[2];
  if (words.size() > 3 && !words[3].empty()) made.before = fs::absolute(words[3]);
  made.command += cat(" ", made.rounds);
  if (!made.wanted.empty()) made.command += " " + shell_quote(made.wanted);
  if (!made.before.empty()) made.command += " OTHER";
  return made;
}

}  // namespace slipway::bench
