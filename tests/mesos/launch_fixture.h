// What the tests of launching share.
#pragma once

#include <unistd.h>

#include <chrono>
#include <future>

#include "tests/mesos/mesos_fixture.h"
#include "tests/support/raw_server.h"
#include "tests/support/running_program.h"

namespace slipway::tests {

inline constexpr std::string_view kForEver = "while :; do sleep 0.02; done";

class MesosLaunch : public MesosTest {
 protected:
  // A container that runs in a thread; its outcome. The agent knows it once this returns.
  std::future<Outcome> launch_aside(const std::string& command, std::vector<MesosUri> uris = {}) {
    agent();
    id_ = cat("executor-", ++launches_);
    return std::async(std::launch::async, [this, id = id_, command, uris = std::move(uris)] {
      return agent().launch({id, user_, uris, command});
    });
  }
  static void await_file(const std::string& path) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!exists(path) && std::chrono::steady_clock::now() < deadline) ::usleep(2000);
    EXPECT_TRUE(exists(path)) << path;
  }
  static void await_text(const std::string& path, std::string_view text) {
    await_file(path);
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (read_file(path).find(text) == std::string::npos) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << text;
      ::usleep(2000);
    }
  }
  // Where the latest container of launch_aside() is.
  std::string running_sandbox() {
    return dir_ / cat("work/slaves/S0/frameworks/F0/executors/", id_, "/runs/latest");
  }
  pid_t pid_in(const std::string& name) {
    await_file(cat(running_sandbox(), '/', name));
    return static_cast<pid_t>(std::stol(read_file(cat(running_sandbox(), '/', name))));
  }
  // A server that takes connections and says nothing until the client goes.
  static RawServer::Handler silent() {
    return [](Exchange& exchange) { exchange.wait(std::chrono::minutes(5)); };
  }

  std::string id_;
  int launches_ = 0;
};

// {"value":…,REST}
inline std::string uri_json(std::string_view value, std::string_view rest = "") {
  return cat(R"({"value":")", value, '"', rest, "}");
}

// A hadoop client that sleeps for so long instead of copying; its home.
inline std::string install_slow_hadoop(const TempDir& dir, std::string_view seconds) {
  dir.write("hadoop/bin/hadoop",
            cat("#!/bin/sh\n[ \"$1\" = version ] && exit 0\nexec sleep ", seconds, "\n"), 0755);
  return dir / "hadoop";
}

inline bool is_sleeping(std::string_view seconds) {
  return run_program({"pgrep", "-fx", cat("sleep ", seconds)}).exit_code == 0;
}

}  // namespace slipway::tests
