// What the tests of hits share.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"
#include "tests/support/nginx.h"

namespace slipway::tests {

// The lines of a report that begin or end a URI, or warn; without what differs from run to run.
inline std::vector<std::string> events_of(const std::string& report) {
  static const std::regex varying(R"-("t":[0-9.e+-]+,|,"times":\{[^}]*\})-");
  std::vector<std::string> events;
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(R"("event":"fetch-)") != std::string::npos ||
        line.find(R"("event":"warning")") != std::string::npos ||
        line.find(R"("event":"placed")") != std::string::npos) {
      events.push_back(std::regex_replace(line, varying, ""));
    }
  }
  return events;
}

inline std::vector<std::string> with(const std::vector<std::string>& lines, std::string_view part) {
  std::vector<std::string> found;
  for (const auto& line : lines) {
    if (line.find(part) != std::string::npos) found.push_back(line);
  }
  return found;
}

class Hit : public Fetch {
 protected:
  Hit() { nginx_.write("x", "the data"); }

  // From here on slipway-fetcher is a program that only fails.
  void take_the_fetcher_away() {
    std::filesystem::copy_file("/bin/false", dir_ / "prefix/libexec/slipway/slipway-fetcher",
                               std::filesystem::copy_options::overwrite_existing);
  }

  // What one launch in a sandbox of its own has told.
  std::vector<std::string> told(const std::string& text, const std::vector<std::string>& words = {},
                                As as = As::kRoot) {
    const auto result = run_anew(text, words, as);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return events_of(read_file(sandbox(sandbox_number_) + "/.slipway/report.jsonl"));
  }

  [[nodiscard]] std::string only_file(As as, const std::string& directory) const {
    return std::filesystem::directory_iterator(cat(cache(as), "/v1/", directory))->path();
  }
  // The cached content with another byte in it, and the same size.
  static void damage(const std::string& path) {
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    std::ofstream(path) << "the dAta";
    ASSERT_EQ(::chmod(path.c_str(), 0400), 0);
  }

  [[nodiscard]] std::string cached_entry(std::string_view fragment = "") const {
    return shell_entry("cat x", uri(nginx_.http("/x") + std::string(fragment),
                                    R"("cache":true,"output_file":"x")"));
  }

  Nginx nginx_;
};

}  // namespace slipway::tests
