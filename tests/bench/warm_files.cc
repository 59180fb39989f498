// Warm starts with files: a small one, and a large one for many at once.
#include "tests/bench/warm_place.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "sandbox/base/text.h"
#include "tests/bench/beforehand.h"
#include "tests/bench/entry_file.h"
#include "tests/bench/scratch_disk.h"
#include "tests/bench/timed_run.h"
#include "tests/bench/warm_cases.h"

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLaunches = 32;
constexpr std::uintmax_t kLargeFile = std::uintmax_t{200} << 20;

// Memory that nobody has used yet comes slowly to a virtual machine; what everybody writes in a
// round fits into this.
void make_memory_ready() {
  touch_memory(std::size_t{7} << 30);
}

// That everybody got the file, and of the launches of slipway only one from the server.
void check_together(const WarmPlace& place, const Contender& contender, const std::string& into,
                    std::size_t served_before) {
  const std::size_t downloads = place.nginx.count("GET /large ") - served_before;
  const std::size_t wanted = contender.name == "curl" ? kLaunches : 1;
  if (downloads != wanted) {
    throw std::runtime_error(cat(contender.name, ": ", downloads, " downloads, not ", wanted));
  }
  for (std::size_t i = 1; i <= kLaunches; ++i) {
    if (fs::file_size(cat(into, "/", i, "/large")) != kLargeFile) {
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
         at_once(
             kLaunches,
             R"(mkdir "$2/$i" && "$3" run "$4" -q --settings "$6" --cache-dir "$5" --sandbox "$2/$i")",
             {into, each.program, entry, each.cache, place.slipway_settings}),
         {}});
  }
  contenders.push_back(
      {"curl", at_once(kLaunches, R"(mkdir "$2/$i" && curl -sSo "$2/$i/large" "$3")", {into, uri}),
       0.1});
  return contenders;
}

void measure_together_on(const WarmPlace& place, DiskKind kind, const std::string& title) {
  ScratchDisk disk(place.work, kind);
  disk.renew();
  make_memory_ready();
  const std::string into = disk.directory() + "/into";
  std::size_t served = 0;
  Around around;
  around.before = [&](const Contender&) {
    renew(into);
    disk.settle();
    served = place.nginx.count("GET /large ");
  };
  around.after = [&](const Contender& contender) {
    check_together(place, contender, into, served);
  };
  run_case(place, title, together(place, into), place.settings.invocation.rounds, around);
}

}  // namespace

void measure_small_file(const WarmPlace& place) {
  constexpr std::size_t kRoundsOfMilliseconds = 20;
  const std::string title = "one fresh file of 1 KiB";
  if (!is_wanted(title, place.settings)) return;
  ScratchDisk disk(place.work, DiskKind::kTmpfs);
  disk.renew();
  const std::string sandbox = disk.directory() + "/sandbox";
  const std::string file = place.nginx.write("small", std::string(1024, 'x'));
  const std::string entry =
      write_entry(place.work + "/small.json", {{place.nginx.http("/small"), false, true}});
  renew(sandbox);
  std::vector<Contender> contenders;
  const Invocation& invocation = place.settings.invocation;
  for (const Slipway& each : slipways(invocation.build, invocation.before, disk.directory())) {
    contenders.push_back(
        {each.name, warm_launch(each, place.slipway_settings, entry, sandbox), {}});
    timed_run(contenders.back().argv);
  }
  const std::string copied = disk.directory() + "/small";
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
  const std::size_t served = place.nginx.count("GET /small ");
  run_case(place, title, contenders, invocation.rounds * kRoundsOfMilliseconds, around);
  if (place.nginx.count("GET /small ") != served) {
    throw std::runtime_error("the small file was fetched again");
  }
}

void measure_together(const WarmPlace& place) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  const std::string title = cat(kLaunches, " launches at once, one URI of 200 MiB");
  const std::array<std::pair<DiskKind, std::string>, 2> disks{
      {{DiskKind::kTmpfs, title}, {DiskKind::kXfs, title + ", xfs"}}};
  std::ofstream out(place.nginx.write("large", ""));
  const std::string piece(kMiB, 'x');
  for (std::size_t done = 0; done < kLargeFile; done += kMiB) out << piece;
  out.close();
  for (const auto& [kind, name] : disks) {
    if (is_wanted(name, place.settings)) measure_together_on(place, kind, name);
  }
  fs::remove(place.nginx.docroot() + "/large");
}

}  // namespace slipway::bench
