// A Mesos agent with mesos-fetcher's place taken by slipway-fetcher, and scenarios for it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"
#include "tests/mesos/agent.h"

namespace slipway::tests {

// Where the agent looks for mesos-fetcher: MESOS_LAUNCHER_DIR of these tests' own environment (a
// real installation, to compare with), else a directory in which slipway-fetcher has that name.
std::string launcher_dir();

// A raw wait status: normally ended with that code.
int exited(int code);

class MesosTest : public SlipwayTest {
 protected:
  MesosTest();
  // What a sanitizer said of the fetchers and executors of this test is in their sandboxes.
  void TearDown() override;

  // The agent with flags_, started when it is first asked for.
  Agent& agent();
  // A new agent with flags_ as they are now.
  Agent& restart_agent();

  // The fetch stage alone, as user_ and in a new sandbox, sandbox_.
  Outcome fetch(const std::vector<MesosUri>& uris, std::string_view id = "executor");
  // As fetch(), with an executor that runs `command`.
  Outcome launch(std::string_view command, const std::vector<MesosUri>& uris = {},
                 std::string_view id = "executor");
  // `slipway run` of an entry as the command of such an executor.
  std::string wrapped(std::string_view entry, std::string_view words = "-q");

  [[nodiscard]] std::string in_sandbox(std::string_view name) const {
    return cat(sandbox_, '/', name);
  }
  // Names below sandbox_ less stdout and stderr, sorted; directories with a '/' behind.
  [[nodiscard]] std::vector<std::string> fetched() const;
  // The files below the agent's cache directory.
  std::vector<std::string> cache_files();

  AgentFlags flags_;
  std::string user_ = "nobody";
  std::string sandbox_;

 private:
  std::unique_ptr<Agent> agent_;
  int entries_ = 0;
};

// The suites that a real mesos-fetcher can be put through too.
class MesosFetcher : public MesosTest {};

// For scenarios without anything of an agent: slipway run as root and as an ordinary user.
class MesosRun : public MesosTest {};

}  // namespace slipway::tests
