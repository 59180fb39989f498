// The command line that every benchmark has.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::bench {

struct Invocation {
  std::string build;  // the build tree whose programs are measured
  std::size_t rounds = 0;
  std::string wanted;   // only cases with this in their title
  std::string before;   // another slipway to compare with, or ""
  std::string results;  // a directory to leave the results in, or ""
  std::string date;     // "2026-11-26"
  std::string command;  // what people type for the same

  [[nodiscard]] bool wants(std::string_view title) const {
    return title.find(wanted) != std::string_view::npos;
  }
};

// An option of one benchmark.
struct BenchOption {
  enum class Affects { kResults, kNothing };
  const char* name;   // "scale"
  const char* value;  // "PART"; null for one without a value
  const char* help;
  Affects affects;                               // kNothing: not told as a part of the command
  std::function<bool(const std::string&)> take;  // false where the value makes no sense
};

// Options that more than one benchmark has. What they are taken into lives as long as they do.
BenchOption scale_option(double& scale);          // of the sample of /usr
BenchOption keep_option(std::string& directory);  // becomes an absolute path

// [OPTIONS] BUILD-TREE [ROUNDS [PART-OF-A-CASE [OTHER]]], options anywhere. The paths are absolute
// afterwards. Nothing where the words make no sense: then the usage was printed. `other` says what
// OTHER is.
std::optional<Invocation> parse_invocation(int argc, char** argv, const std::string& suite,
                                           std::size_t rounds, const std::string& other,
                                           std::vector<BenchOption> options = {});

}  // namespace slipway::bench
