// What the tests under load share: launches that are timed and weighed, and the look at what they
// have left.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/cli/fetch_fixture.h"
#include "tests/load/figures.h"
#include "tests/support/private_temp.h"

namespace slipway::tests {

using Clock = std::chrono::steady_clock;

inline std::chrono::microseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
}

struct Launched {
  int exit_code = -1;
  std::string out;
  std::string err;
  Sample sample;
};

class Load : public Fetch {
 protected:
  // A host that shares its mounts, as systemd sets it up: what leaks is seen.
  Load();
  // Expects that nothing is left of all launches: mounts, processes, descriptors, locks, files.
  ~Load() override;

  // `slipway run FILE` in a new sandbox, which must be number `number` of nobody else's. Any thread
  // may call it.
  Launched launch(const std::string& entry_file, As as, int number, const std::string& cache_dir,
                  const std::vector<std::string>& words = {});
  // Any command line of slipway.
  Launched start(const std::vector<std::string>& words, As as);
  // Removes the sandbox of a launch that has ended well, where slipway's own place in it holds
  // what it shall and nothing else.
  void discard(int number);

  // {"value":HTTP…} entries are files: standard input would be one more pipe for each launch.
  std::string entry_file(const std::string& name, const std::string& text) const {
    return dir_.write(name, text);
  }
  // The executor sees the host's directory, read-only at data/; with `missing` also at a path that
  // the host does not have.
  enum class Volumes { kInSandbox, kAlsoOnMissingPath };
  [[nodiscard]] std::string volumes(Volumes which) const;

 private:
  void expect_no_locks() const;
  void expect_no_processes() const;
  void expect_no_unfinished_files() const;

  PrivateTemp temp_;
  std::string mounts_;
  std::size_t descriptors_ = 0;
};

}  // namespace slipway::tests
