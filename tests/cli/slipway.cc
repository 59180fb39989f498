#include "tests/cli/slipway.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sandbox/base/text.h"
#include "tests/support/json_text.h"
#include "tests/support/surroundings.h"

namespace slipway::tests {

namespace fs = std::filesystem;

std::string name_of(As as) {
  switch (as) {
    case As::kRoot:
      return "Root";
    case As::kRootForUser:
      return "RootForUser";
    case As::kOrdinaryUser:
      return "OrdinaryUser";
  }
  return "";
}

namespace {

// Runs as root use the host's shared cache directory: these tests get an empty one of their own.
bool hide_shared_caches() {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", "/var/cache", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") == 0;
}

// `program` becomes a script that runs it under valgrind(1). At its first error the process ends
// with a status of its own, so the test fails; what is to be said at the end is in the directory
// `logs`, in PROGRAM-TIME-PID.log, beside an empty PROGRAM-TIME-PID.started where the process is no
// copy of another (fork(2)). The time is that of the start, for pids come again; the shell has no
// child, which tests would take for the executor. No
// --trace-children: the log of a pid has one owner and one program then.
void put_under_valgrind(const fs::path& program, const std::string& logs) {
  const std::string real = program.string() + ".real";
  fs::rename(program, real);
  const std::string log = cat(logs, '/', program.filename().string(), "-$time");
  std::ofstream(program)
      << "#!/bin/sh\nread -r time _ </proc/uptime\n: >" << log << "-$$.started\n"
      << "exec /usr/bin/valgrind -q --vgdb=no --track-fds=yes"
         " --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite"
         " --exit-on-first-error=yes --error-exitcode=97 --log-file="
      << log << "-%p.log " << real << " \"$@\"\n";
  fs::permissions(program, fs::perms(0755));
  fs::permissions(real, fs::perms(0755));  // valgrind reads what it runs
}

uid_t owner_of(As as) {
  return as == As::kRoot ? 0 : kNobody;
}

// What a test says itself wins.
std::vector<std::string> with_surroundings(std::vector<std::string> env) {
  const std::vector<std::string> said = env;
  for (const std::string& line : surroundings()) {
    const std::string start = line.substr(0, line.find('=') + 1);
    const bool is_said = std::any_of(said.begin(), said.end(),
                                     [&](const auto& each) { return each.starts_with(start); });
    if (!is_said) env.push_back(line);
  }
  return env;
}

}  // namespace

void put_under_valgrind_if_asked(const std::string& program) {
  const char* logs = ::getenv("SLIPWAY_TEST_VALGRIND");  // NOLINT(concurrency-mt-unsafe)
  if (logs != nullptr) put_under_valgrind(program, logs);
}

SlipwayTest::SlipwayTest() {
  static const bool isolated = hide_shared_caches();
  EXPECT_TRUE(isolated) << "the tests need root and mount namespaces";
  // Of an earlier test of this process.
  if (isolated) fs::remove_all("/var/cache/slipway");
  // The build tree may lie where an ordinary user cannot go; the programs find each other by their
  // layout.
  const fs::path build = SLIPWAY_BUILD_DIR;
  fs::create_directories(dir_ / "prefix/bin");
  fs::create_directories(dir_ / "prefix/libexec/slipway");
  fs::copy_file(build / "bin/slipway", dir_ / "prefix/bin/slipway");
  fs::copy_file(build / "libexec/slipway/slipway-fetcher",
                dir_ / "prefix/libexec/slipway/slipway-fetcher");
  fs::copy_file(build / "tests/probe", dir_ / "probe");
  fs::copy_file(build / "tests/without_calls", dir_ / "without_calls");
  program_ = dir_ / "prefix/bin/slipway";
  put_under_valgrind_if_asked(dir_ / "prefix/bin/slipway");
  put_under_valgrind_if_asked(dir_ / "prefix/libexec/slipway/slipway-fetcher");
  probe_ = dir_ / "probe";
  for (const As as : {As::kRoot, As::kRootForUser, As::kOrdinaryUser}) {
    fs::create_directory(cache(as));
    EXPECT_EQ(::chmod(cache(as).c_str(), 0700), 0);
    EXPECT_EQ(::chown(cache(as).c_str(), owner_of(as), owner_of(as)), 0);
  }
}

std::string SlipwayTest::cache(As as) const {
  return dir_ / cat("cache-", name_of(as));
}

std::string SlipwayTest::sandbox(int number) const {
  return dir_ / cat("sandbox-", number);
}

void SlipwayTest::make_sandbox(As as, int number) {
  const std::string path = sandbox(number);
  if (!fs::create_directory(path)) return;
  EXPECT_EQ(::chown(path.c_str(), owner_of(as), owner_of(as)), 0);
}

void SlipwayTest::inject(std::string_view what, const std::string& path) {
  in_front_ = {"/usr/bin/strace", "-f", "-q", "-o", "/dev/null", cat("-einject=", what)};
  if (!path.empty()) in_front_.insert(in_front_.end(), {"-P", path});
}

std::vector<std::string> SlipwayTest::command(const std::vector<std::string>& words, As as) {
  std::vector<std::string> all{program_};
  all.insert(all.end(), words.begin(), words.end());
  if (as == As::kRootForUser) all.insert(all.begin() + 2, {"-u", "nobody"});
  all.insert(all.begin(), in_front_.begin(), in_front_.end());
  return all;
}

RunResult SlipwayTest::slipway(const std::vector<std::string>& words, As as,
                               std::vector<std::string> env, std::string stdin_text) {
  RunOptions options;
  env = with_surroundings(std::move(env));
  env.insert(env.begin(), "PATH=/usr/local/bin:/usr/bin:/bin");
  options.env = std::move(env);
  options.umask = callers_umask();
  options.cwd = start_directory();
  options.stdin_text = std::move(stdin_text);
  if (as == As::kOrdinaryUser) options.user = RunOptions::Ids{kNobody, kNobody};
  return run_program(command(words, as), options);
}

RunResult SlipwayTest::run(std::string_view text, As as, const std::vector<std::string>& words) {
  make_sandbox(as, sandbox_number_);
  std::vector<std::string> all{"run",         "-",      "--sandbox", sandbox(sandbox_number_),
                               "--cache-dir", cache(as)};
  all.insert(all.end(), words.begin(), words.end());
  return slipway(all, as, {}, std::string(text));
}

std::string SlipwayTest::probe_uri(std::string_view name) const {
  return cat(R"({"value":)", json_string(probe_), R"(,"executable":true,"output_file":)",
             json_string(name), "}");
}

std::vector<std::string> SlipwayTest::placed(int number) const {
  std::vector<std::string> names;
  const fs::path root = sandbox(number);
  if (!fs::exists(root)) return names;
  for (auto each = fs::recursive_directory_iterator(root);
       each != fs::recursive_directory_iterator(); ++each) {
    const std::string name = each->path().lexically_relative(root);
    if (name == ".slipway") {
      each.disable_recursion_pending();
      continue;
    }
    names.push_back(name + (each->is_directory() && !each->is_symlink() ? "/" : ""));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string entry(std::string_view command, std::string_view rest) {
  return cat(R"({"executor":{"name":"test","command":)", command,
             R"(,"resources":[]},"task_prefix":"test-")", rest.empty() ? "" : ",", rest, "}");
}

std::string shell_entry(std::string_view line, std::string_view uris, std::string_view rest) {
  return entry(cat(R"({"value":)", json_string(line), R"(,"uris":[)", uris, "]}"), rest);
}

std::string program_entry(std::string_view program, std::string_view arguments,
                          std::string_view uris, std::string_view rest) {
  return entry(cat(R"({"value":)", json_string(program), R"(,"shell":false,"arguments":[)",
                   arguments, R"(],"uris":[)", uris, "]}"),
               rest);
}

std::vector<std::string> values(const std::string& out, std::string_view key) {
  std::vector<std::string> found;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(cat(key, ": "))) found.push_back(line.substr(key.size() + 2));
  }
  return found;
}

std::string value(const std::string& out, std::string_view key) {
  const auto found = values(out, key);
  return found.size() == 1 ? found[0] : cat("(", found.size(), " values of ", key, ")");
}

}  // namespace slipway::tests
