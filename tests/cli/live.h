// Tests that do something to slipway while it runs.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <memory>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"
#include "tests/support/running_program.h"

namespace slipway::tests {

class Live : public SlipwayTest {
 protected:
  // `slipway run` of the entry in the sandbox of `as`, without cache, ready for RunningProgram.
  std::vector<std::string> live_command(const std::string& text, As as,
                                        const std::vector<std::string>& words) {
    make_sandbox(as);
    std::vector<std::string> all{
        "run", dir_.write("e.json", text), "--sandbox", sandbox(), "--cache-dir", cache(as)};
    all.insert(all.end(), words.begin(), words.end());
    return command(all, as);
  }

  static RunningProgram::Setup setup_of(As as) {
    RunningProgram::Setup setup;
    if (as == As::kOrdinaryUser) setup.user = RunOptions::Ids{kNobody, kNobody};
    return setup;
  }

  // A volume, so that namespaces are made.
  std::string volume() {
    dir_.make_directory("volume");
    return cat(R"("volume_mounts":[{"mode":"RO","host_path":")", dir_ / "volume",
               R"(","container_path":"v"}])");
  }
};

class Supervise : public Live {
 protected:
  std::unique_ptr<RunningProgram> start(const std::string& text, As as = As::kRoot,
                                        std::vector<std::string> words = {}) {
    words.insert(words.begin(), "--supervise");
    return std::make_unique<RunningProgram>(live_command(text, as, words), setup_of(as));
  }
};

class SuperviseAs : public Supervise, public ::testing::WithParamInterface<As> {};

}  // namespace slipway::tests
