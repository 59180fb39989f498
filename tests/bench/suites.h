// The suites there are, in the order in which they are run and shown.
#pragma once

#include <array>
#include <string_view>

namespace slipway::bench {

struct Suite {
  std::string_view name;   // `./dev bench NAME`
  std::string_view title;  // of the section
  std::string_view about;  // what its rows are
};

inline constexpr std::array<Suite, 4> kSuites{{
    {"launch", "Launching",
     "Whole launches of `/bin/true`: namespaces, volumes, a file from the cache. `true` is that "
     "program alone, `floor` a static program that makes the same system calls and nothing else, "
     "`stand-in` one that links libcurl and libarchive, starts both, copies the file and executes "
     "`/bin/true`."},
    {"extract", "Unpacking",
     "The fetcher's unpacking alone, and cold launches that fetch an archive and unpack it. "
     "*small* is about 59 000 files of this machine's `/usr`, *big* 22 files of together 1 GiB, "
     "*part* a quarter of *small*; with `--scale`, that part of these. `floor` only writes the "
     "same tree, on one thread."},
    {"fetch", "Fetching", "Whole launches that fetch from an nginx on loopback into memory."},
    {"warm", "Warm starts",
     "Whole launches whose URIs are in the cache already, or become so once for all of them. "
     "`cp -a` copies the same tree, already unpacked; `stand-in` as above. A row "
     "\"slipway, …\" compares a tree with the smallest of its kind: what is flat stays near 1."},
}};

// Null where there is none of that name.
constexpr const Suite* find_suite(std::string_view name) {
  for (const Suite& suite : kSuites) {
    if (suite.name == name) return &suite;
  }
  return nullptr;
}

}  // namespace slipway::bench
