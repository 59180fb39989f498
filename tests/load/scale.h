// How much load there is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace slipway::tests {

struct Scale {
  std::chrono::seconds time{60};      // of the fetch loops
  std::size_t launches = 10'000;      // one after the other
  std::size_t together = 200;         // at once
  std::uint64_t bytes = 1ULL << 30U;  // of a file or an archive, when memory is measured
};

// What this run was asked for.
const Scale& scale();

// Takes --seconds=N, --launches=N, --together=N and --bytes=SIZE. False where a word makes no
// sense: then the usage was printed.
bool take_scale(int argc, char** argv);

}  // namespace slipway::tests
