// Warm starts with files: a small one, and a large one for many at once.
#include "tests/bench/warm_place.h"

#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "sandbox/base/text.h"
#include "tests/bench/beforehand.h"
#include "tests/bench/entry_file.h"
#include "tests/bench/timed_run.h"
#include "tests/bench/warm_cases.h"

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLaunches = 32;

// Where nothing but memory is written.
class InMemory {
 public:
  explicit InMemory(std::string directory) : directory_(std::move(directory)) {
    fs::create_directories(directory_);
    if (::mount("tmpfs", directory_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=75%") != 0) {
      throw std::runtime_error("cannot mount a tmpfs: the benchmark needs root");
    }
    // Memory that nobody has used yet comes slowly to a virtual machine.
    touch_memory(std::size_t{7} << 30);
  }
  ~InMemory() { ::umount2(directory_.c_str(), MNT_DETACH); }
  InMemory(const InMemory&) = delete;
  InMemory& operator=(const InMemory&) = delete;

  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
};

// That everybody got the file, and of the launches of slipway only one from the server.
void check_together(const WarmPlace& place, const Contender& contender, const std::string& into,
                    std::size_t served_before, std::uintmax_t size) {
  const std::size_t downloads = place.nginx.count("GET /large ") - served_before;
  const std::size_t wanted = contender.name == "curl" ? kLaunches : 1;
  if (downloads != wanted) {
    throw std::runtime_error(cat(contender.name, ": ", downloads, " downloads, not ", wanted));
  }
  for (std::size_t i = 1; i <= kLaunches; ++i) {
    if (fs::file_size(cat(into, "/", i, "/large")) != size) {
      throw std::runtime_error(cat(contender.name, ": launch ", i, " did not get the whole file"));
    }
  }
}

std::vector<Contender> together(const WarmPlace& place, const std::string& into) {
  const std::string uri = place.nginx.http("/large");
  const std::string entry = write_entry(place.work + "/large.json", {{uri, false, true}});
  std::vector<Contender> contenders;
  const Invocation& invocation = place.settings.invocation;
  for (const Slipway& each : slipways(invocation.build, invocation.before, into)) {
    contenders.push_back(
        {each.name,
         at_once(kLaunches,
                 R"(mkdir "$2/$i" && "$3" run "$4" -q --cache-dir "$5" --sandbox "$2/$i")",
                 {into, each.program, entry, each.cache}),
         {}});
  }
  contenders.push_back(
      {"curl", at_once(kLaunches, R"(mkdir "$2/$i" && curl -sSo "$2/$i/large" "$3")", {into, uri}),
       0.1});
  return contenders;
}

}  // namespace

void measure_small_file(const WarmPlace& place) {
  constexpr std::size_t kRoundsOfMilliseconds = 20;
  const std::string title = "one fresh file of 1 KiB";
  if (!is_wanted(title, place.settings)) return;
  const InMemory memory(place.work + "/memory");
  const std::string sandbox = memory.directory() + "/sandbox";
  const std::string file = place.nginx.write("small", std::string(1024, 'x'));
  const std::string entry =
      write_entry(place.work + "/small.json", {{place.nginx.http("/small"), false, true}});
  renew(sandbox);
  std::vector<Contender> contenders;
  const Invocation& invocation = place.settings.invocation;
  for (const Slipway& each : slipways(invocation.build, invocation.before, memory.directory())) {
    contenders.push_back(
        {each.name, warm_launch(each, place.slipway_settings, entry, sandbox), {}});
    timed_run(contenders.back().argv);
  }
  const std::string copied = memory.directory() + "/small";
  fs::copy_file(file, copied);
  contenders.push_back({"stand-in",
                        {invocation.build + "/bench/bench_stand_in", copied, sandbox, "/bin/true"},
                        0.3});
  Around around;
  around.before = [&](const Contender&) { renew(sandbox); };
  around.after = [&](const Contender& contender) {
    if (fs::file_size(sandbox + "/small") != 1024) {
      throw std::runtime_error(contender.name + " did not place the file");
    }
  };
  run_case(place, title, contenders, invocation.rounds * kRoundsOfMilliseconds, around);
}

void measure_together(const WarmPlace& place) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  constexpr std::size_t kSize = 200 * kMiB;
  const std::string title = cat(kLaunches, " launches at once, one URI of 200 MiB");
  if (!is_wanted(title, place.settings)) return;
  const InMemory memory(place.work + "/memory");
  const std::string into = memory.directory() + "/into";
  {
    std::ofstream out(place.nginx.write("large", ""));
    const std::string piece(kMiB, 'x');
    for (std::size_t done = 0; done < kSize; done += kMiB) out << piece;
  }
  const auto contenders = together(place, into);
  std::size_t served = 0;
  Around around;
  around.before = [&](const Contender&) {
    renew(into);
    served = place.nginx.count("GET /large ");
  };
  around.after = [&](const Contender& contender) {
    check_together(place, contender, into, served, kSize);
  };
  run_case(place, title, contenders, place.settings.invocation.rounds, around);
  fs::remove(place.nginx.docroot() + "/large");
}

}  // namespace slipway::bench
