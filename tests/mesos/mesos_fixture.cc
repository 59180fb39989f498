#include "tests/mesos/mesos_fixture.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/sanitizer_report.h"

namespace slipway::tests {

namespace fs = std::filesystem;

namespace {

// The name is a link: the agent resolves it and starts what it names. The file is a copy, because
// the build tree may lie where the task's user cannot go.
std::string make_launcher_dir() {
  static const TempDir dir;
  const std::string program = dir / "slipway-fetcher";
  fs::copy_file(fs::path(SLIPWAY_BUILD_DIR) / "libexec/slipway/slipway-fetcher", program);
  put_under_valgrind_if_asked(program);
  fs::create_symlink(program, dir.make_directory("launcher") + "/mesos-fetcher");
  return dir / "launcher";
}

std::vector<std::string> names_below(const fs::path& root) {
  std::vector<std::string> names;
  for (auto each = fs::recursive_directory_iterator(root);
       each != fs::recursive_directory_iterator(); ++each) {
    const std::string name = each->path().lexically_relative(root);
    names.push_back(name + (each->is_directory() && !each->is_symlink() ? "/" : ""));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string launcher_dir() {
  const char* real = ::getenv("MESOS_LAUNCHER_DIR");  // NOLINT(concurrency-mt-unsafe): no writer
  if (real != nullptr) return real;
  static const std::string ours = make_launcher_dir();
  return ours;
}

int exited(int code) {
  return code << 8;
}

MesosTest::MesosTest() {
  flags_.launcher_dir = launcher_dir();
  flags_.work_dir = dir_.make_directory("work");
  flags_.fetcher_cache_dir = dir_ / "fetch";
  flags_.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
}

void MesosTest::TearDown() {
  agent_.reset();
  for (const std::string& name : names_below(flags_.work_dir)) {
    if (!name.ends_with("/stderr")) continue;
    expect_no_sanitizer_report(read_file(cat(flags_.work_dir, '/', name)));
  }
  SlipwayTest::TearDown();
}

Agent& MesosTest::agent() {
  return agent_ ? *agent_ : restart_agent();
}

Agent& MesosTest::restart_agent() {
  agent_ = std::make_unique<Agent>(flags_);
  return *agent_;
}

Outcome MesosTest::fetch(const std::vector<MesosUri>& uris, std::string_view id) {
  const Container container{std::string(id), user_, uris, ""};
  Outcome outcome = agent().fetch(container, agent().make_sandbox(container));
  sandbox_ = outcome.sandbox;
  return outcome;
}

Outcome MesosTest::launch(std::string_view command, const std::vector<MesosUri>& uris,
                          std::string_view id) {
  Outcome outcome = agent().launch({std::string(id), user_, uris, std::string(command)});
  sandbox_ = outcome.sandbox;
  return outcome;
}

std::string MesosTest::wrapped(std::string_view entry, std::string_view words) {
  const std::string file = dir_.write(cat("entry-", ++entries_, ".json"), entry);
  return cat("exec ", program_, " run ", file, " --no-cache ", words);
}

std::vector<std::string> MesosTest::fetched() const {
  std::vector<std::string> names = names_below(sandbox_);
  std::erase_if(names,
                [](const std::string& name) { return name == "stdout" || name == "stderr"; });
  return names;
}

std::vector<std::string> MesosTest::cache_files() {
  std::vector<std::string> names = names_below(flags_.fetcher_cache_dir);
  std::erase_if(names, [](const std::string& name) { return name.ends_with('/'); });
  return names;
}

}  // namespace slipway::tests
