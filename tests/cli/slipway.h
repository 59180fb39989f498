// The built programs in a place of their own, and entries for them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/nobody.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {

// Who runs slipway.
enum class As {
  kRoot,          // real root
  kRootForUser,   // root with -u
  kOrdinaryUser,  // uid 65534
};
std::string name_of(As as);

class SlipwayTest : public ::testing::Test {
 protected:
  SlipwayTest();

  // Runs `slipway WORDS…`; for kRootForUser with -u nobody. The environment is PATH, surroundings()
  // and `env`, so that nothing of the test's own decides anything.
  RunResult slipway(const std::vector<std::string>& words, As as = As::kRoot,
                    std::vector<std::string> env = {}, std::string stdin_text = "");
  // `slipway run ENTRY --sandbox SANDBOX WORDS…` with the cache of `as` and no other environment.
  RunResult run(std::string_view entry, As as = As::kRoot,
                const std::vector<std::string>& words = {});

  // The words that run() passes, for tests that start it by other means.
  std::vector<std::string> command(const std::vector<std::string>& words, As as);

  // A sandbox that the task's user may write to; a new one with each number.
  std::string sandbox(int number = 0) const;
  [[nodiscard]] std::string cache(As as) const;
  void make_sandbox(As as, int number = 0);

  // What is started next runs under strace(1), with that for its -e inject=; where `path` is said,
  // only in calls that take that path. Until in_front_ is cleared.
  void inject(std::string_view what, const std::string& path = {});

  // A URI of the probe, which is fetched into the sandbox under that name.
  [[nodiscard]] std::string probe_uri(std::string_view name = "probe") const;

  // Names below the sandbox, .slipway left out, directories with a '/' behind; sorted.
  std::vector<std::string> placed(int number = 0) const;

  TempDir dir_;                        // 0755
  std::string program_;                // path of slipway
  std::string probe_;                  // path of the probe
  std::vector<std::string> in_front_;  // words that start what starts slipway
  int sandbox_number_ = 0;
};

// Where `./dev test valgrind` says so, the file of `program` becomes one that runs it under
// valgrind(1).
void put_under_valgrind_if_asked(const std::string& program);

// One entry: CommandInfo, and what stands beside the executor ("volume_mounts":[…]).
std::string entry(std::string_view command, std::string_view rest = "");
// A command line for the shell, with uris ("{…},{…}").
std::string shell_entry(std::string_view line, std::string_view uris = "",
                        std::string_view rest = "");
// shell=false with arguments ("\"a\",\"b\"").
std::string program_entry(std::string_view value, std::string_view arguments,
                          std::string_view uris = "", std::string_view rest = "");

// The values of all "key: value" lines that the probe printed.
std::vector<std::string> values(const std::string& out, std::string_view key);
std::string value(const std::string& out, std::string_view key);

}  // namespace slipway::tests
