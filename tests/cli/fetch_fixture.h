// What the tests of fetching and of the cache share.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"

namespace slipway::tests {

// {"value":…,REST}
inline std::string uri(std::string_view value, std::string_view rest = "") {
  return cat(R"({"value":")", value, R"(")", rest.empty() ? "" : ",", rest, "}");
}

// Neither in a name nor in a file below them.
inline void expect_nowhere_in(const std::string& secret, const std::vector<std::string>& roots) {
  for (const auto& root : roots) {
    ASSERT_TRUE(exists(root)) << root;
    EXPECT_EQ(run_program({"grep", "-r", secret, root}).exit_code, 1) << "1: in no file";
    EXPECT_EQ(run_program({"find", root, "-name", cat('*', secret, '*')}).out, "");
  }
}

class Fetch : public SlipwayTest {
 protected:
  // A real tar.gz made by tar, holding a command and a file.
  std::string make_archive(const std::string& name) {
    dir_.write("tree/command", "#!/bin/sh\ntouch proof\n", 0755);
    dir_.write("tree/sub/file", "content");
    std::string path = dir_ / name;
    EXPECT_EQ(run_program({"tar", "-caf", path, "-C", dir_ / "tree", "command", "sub"}).exit_code,
              0);
    return path;
  }

  [[nodiscard]] std::size_t cached_entries(As as = As::kRoot) const {
    const std::string uris = cache(as) + "/v1/uris";
    if (!exists(uris)) return 0;
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(uris), {}));
  }

  // Runs in a sandbox of its own each time.
  RunResult run_anew(std::string_view text, const std::vector<std::string>& words = {},
                     As as = As::kRoot) {
    ++sandbox_number_;
    return run(text, as, words);
  }
  std::vector<std::string> placed_now() { return placed(sandbox_number_); }
};

class FetchAs : public Fetch, public ::testing::WithParamInterface<As> {};
}  // namespace slipway::tests
