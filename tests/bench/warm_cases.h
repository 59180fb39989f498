// What is measured: launches whose URIs are in the cache, and the peers that put the same there.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/contender.h"
#include "tests/bench/warm_trees.h"

namespace slipway::bench {

// One of the programs that are compared, and what it is told beyond what everybody is.
struct Slipway {
  std::string name;  // of the contender: "slipway", "before"
  std::string program;
  std::vector<std::string> materialize;  // see materialize_words()
  std::string cache;                     // a directory of its own
};

// The words that ask for trees to be projected by overlay mounts, where the text of
// `slipway run --help` knows of that; else none: then slipway does what it does of its own. Pure.
std::vector<std::string> materialize_words(std::string_view help);

// Of the build tree `build`, and `before`, another prefix or "". Their caches are below `work`.
std::vector<Slipway> slipways(const std::string& build, const std::string& before,
                              const std::string& work);

// The command line of a launch whose URIs are used from the cache without asking the server.
std::vector<std::string> warm_launch(const Slipway& slipway, const std::string& settings,
                                     const std::string& entry, const std::string& sandbox);

// `count` processes of a shell's command at once, ended when all have. The command finds its number
// in $i, and `words` in $2 and on.
std::vector<std::string> at_once(std::size_t count, const std::string& command,
                                 const std::vector<std::string>& words);

// "1000,10000": whole numbers, or sizes. Empty where it makes no sense.
std::vector<std::uint64_t> parse_list(const std::string& text);

}  // namespace slipway::bench
