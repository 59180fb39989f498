// What the tests of cached trees and overlays share.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"
#include "tests/support/running_program.h"

namespace slipway::tests {

inline const std::string kOverlay = "--materialize=overlay";

class Materialize : public Fetch {
 protected:
  ~Materialize() override {
    // TempDir has no rights in what is closed, nor in the kernel's work directories.
    run_program({"chmod", "-R", "u+rwx", dir_.path()});
  }

  // command, sub/file; app/bin/run, app/data, app/old; top.
  std::string archive(const std::string& name = "a.tar.gz") {
    dir_.write("tree/app/bin/run", "#!/bin/sh\necho ran\n", 0755);
    dir_.write("tree/app/data", "data");
    dir_.write("tree/app/old", "old");
    dir_.write("tree/lib/one", "one");
    dir_.write("tree/top", "top");
    return pack(name, "tree");
  }
  // No two are the same, also of programs that run at once: a tree counts as in use while a task
  // shows that of the same archive from another cache.
  std::string pack(const std::string& name, const std::string& from) {
    static int number = 0;
    std::string path = dir_ / name;
    const std::string mtime = cat("--mtime=@", ::getpid() * 256LL + ++number);
    EXPECT_EQ(run_program({"tar", mtime, "-caf", path, "-C", dir_ / from, "."}).exit_code, 0);
    return path;
  }
  // A line for the shell, with cached archives.
  static std::string with(std::string_view line, const std::vector<std::string>& archives) {
    std::string uris;
    for (const auto& each : archives) {
      uris += cat(uris.empty() ? "" : ",", uri(each, R"("cache":true)"));
    }
    return shell_entry(line, uris);
  }

  [[nodiscard]] std::vector<std::string> trees(As as = As::kRoot) const {
    std::vector<std::string> out;
    const std::string place = cache(as) + "/v1/trees";
    if (!exists(place)) return out;
    for (const auto& each : std::filesystem::directory_iterator(place)) out.push_back(each.path());
    return out;
  }
  RunResult cache_command(const std::string& action, As as = As::kRoot,
                          std::vector<std::string> words = {}) {
    words.insert(words.begin(), {"cache", action, "--cache-dir", cache(as)});
    return slipway(words, as);
  }
  [[nodiscard]] std::string upper(std::string_view rest, int index = 0, int number = 1) const {
    return cat(sandbox(sandbox_number_), "/.slipway/overlay/", number, '/', index, "/upper/", rest);
  }
  // A task that says "ready" after `before`, and goes on with `after` when it is let go.
  std::unique_ptr<RunningProgram> start(const std::string& before, const std::string& after,
                                        const std::string& archive, As as) {
    ++sandbox_number_;
    make_sandbox(as, sandbox_number_);
    const std::string line =
        cat(before, "; echo; echo ready; while [ ! -e ", go(), " ]; do sleep 0.02; done; ", after);
    const std::string entry = dir_.write(cat("entry", sandbox_number_), with(line, {archive}));
    RunningProgram::Setup setup;
    if (as == As::kOrdinaryUser) setup.user = RunOptions::Ids{kNobody, kNobody};
    auto program = std::make_unique<RunningProgram>(
        command({"run", entry, "--sandbox", sandbox(sandbox_number_), "--cache-dir", cache(as),
                 kOverlay},
                as),
        setup);
    program->line("ready");
    return program;
  }
  [[nodiscard]] std::string go() const { return cat(dir_.path(), "/go", sandbox_number_); }
  // What it has printed, when it has ended well.
  static std::string let_go(RunningProgram& program, const std::string& go) {
    std::ofstream(go) << "";
    EXPECT_EQ(program.wait(), 0) << program.err();
    return program.out();
  }
};

class MaterializeAs : public Materialize, public ::testing::WithParamInterface<As> {};

}  // namespace slipway::tests
