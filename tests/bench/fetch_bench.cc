// How long fetching takes from a server on this machine, against the programs that people fetch
// with. Every round runs all contenders of a case once, one after the other; what counts is the
// median of the ratios within the rounds. Everything lies in memory, so that no disk is measured.
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/bench/beforehand.h"
#include "tests/bench/contender.h"
#include "tests/bench/entry_file.h"
#include "tests/bench/invocation.h"
#include "tests/bench/machine.h"
#include "tests/bench/record.h"
#include "tests/bench/rounds.h"
#include "tests/bench/scratch_disk.h"
#include "tests/bench/statistics.h"
#include "tests/bench/timed_run.h"
#include "tests/support/nginx.h"
#include "tests/support/noise.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace slipway::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMany = 2000;

struct Case {
  std::string name;
  std::vector<Contender> contenders;  // slipway first
  double most_memory_mib = 0;         // of slipway; 0: not limited here
};

// The server, what it serves, and the directory that everybody fetches into.
class Stage {
 public:
  explicit Stage(const Invocation& invocation) : invocation_(invocation) {
    if (::mount("tmpfs", work_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=75%") != 0) {
      throw std::runtime_error("cannot mount a tmpfs: the benchmark needs root");
    }
    // A warm-up too: memory that nobody has used yet comes slowly to a virtual machine.
    touch_memory(std::size_t{5} << 30);
    nginx_ = std::make_unique<tests::Nginx>();
    write("1k", 1024);
    write("1g", std::size_t{1} << 30);
    for (std::size_t i = 0; i < kMany; ++i) write(cat("f", i), 16 * 1024);
    trust();
    write_lists();
  }
  ~Stage() {
    nginx_.reset();
    ::umount2(work_.c_str(), MNT_DETACH);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void renew() const {
    fs::remove_all(into_);
    fs::create_directories(into_);
  }

  [[nodiscard]] std::vector<Case> cases() const {
    return {small("1 KiB over http", nginx_->http("/1k"), 1.0),
            small("1 KiB over https", nginx_->https("/1k"), 0.5),
            large("1 GiB over http", nginx_->http("/1g"), 0.65),
            large("1 GiB over https", nginx_->https("/1g"), 0.95), many()};
  }

 private:
  // In pieces: what a program that is measured takes is never less than what we have.
  void write(const std::string& name, std::size_t size) const {
    const std::size_t piece = std::min<std::size_t>(size, std::size_t{1} << 20);
    std::ofstream out(nginx_->write(name, ""));
    tests::Noise noise;
    for (std::size_t written = 0; written < size; written += piece) out << noise.bytes(piece);
  }

  // As on a host: many authorities, in one file for the others, in a directory of hashes for us.
  void trust() {
    fs::create_directories(work_ + "/authorities");
    fs::copy_file(nginx_->ca_file(), work_ + "/authorities/test.pem");
    tests::run_program({"openssl", "rehash", work_ + "/authorities"});
    std::ofstream bundle(work_ + "/bundle.pem");
    bundle << std::ifstream("/etc/ssl/certs/ca-certificates.crt").rdbuf()
           << std::ifstream(nginx_->ca_file()).rdbuf();
    std::ofstream settings(work_ + "/settings.toml");
    settings << "[fetch]\nca = \"" << work_ << "/authorities\"\n";
  }

  void write_lists() const {
    std::ofstream curl(work_ + "/curl.list");
    std::ofstream plain(work_ + "/plain.list");
    for (std::size_t i = 0; i < kMany; ++i) {
      const std::string uri = nginx_->http(cat("/f", i));
      curl << "url = \"" << uri << "\"\noutput = \"" << into_ << "/f" << i << "\"\n";
      plain << uri << '\n';
    }
  }

  [[nodiscard]] std::string entry(const std::string& name,
                                  const std::vector<std::string>& uris) const {
    std::vector<EntryUri> all;
    all.reserve(uris.size());
    for (const std::string& uri : uris) all.push_back({uri});
    return write_entry(cat(work_, '/', name, ".json"), all);
  }

  [[nodiscard]] std::vector<std::string> launch(const std::string& prefix,
                                                const std::string& entry) const {
    return {prefix + "/bin/slipway",  "run",       entry, "-q", "--no-cache", "--settings",
            work_ + "/settings.toml", "--sandbox", into_};
  }

  void add_ours(Case& made, const std::string& entry) const {
    made.contenders.push_back({"slipway", launch(invocation_.build, entry), std::nullopt});
    if (invocation_.before.empty()) return;
    made.contenders.push_back({"before", launch(invocation_.before, entry), std::nullopt});
  }

  void add_peers(Case& made, const std::string& uri, std::optional<double> goal) const {
    const std::string bundle = work_ + "/bundle.pem";
    const std::string file = into_ + "/x";
    made.contenders.push_back(
        {"curl", {"/usr/bin/curl", "-sS", "--cacert", bundle, "-o", file, uri}, goal});
    made.contenders.push_back(
        {"wget", {"/usr/bin/wget", "-q", "--ca-certificate", bundle, "-O", file, uri}, {}});
    made.contenders.push_back({"aria2c",
                               {"/usr/bin/aria2c", "-q", "-x4", "--ca-certificate", bundle,
                                "--file-allocation=none", "-d", into_, "-o", "x", uri},
                               {}});
  }

  [[nodiscard]] Case small(const std::string& name, const std::string& uri, double goal) const {
    Case made{name, {}};
    add_ours(made, entry(uri.starts_with("https") ? "small-https" : "small", {uri}));
    add_peers(made, uri, goal);
    return made;
  }

  [[nodiscard]] Case large(const std::string& name, const std::string& uri, double goal) const {
    Case made{name, {}, 32};
    add_ours(made, entry(uri.starts_with("https") ? "large-https" : "large", {uri}));
    add_peers(made, uri, goal);
    return made;
  }

  [[nodiscard]] Case many() const {
    Case made{cat(kMany, " x 16 KiB"), {}, 32};
    std::vector<std::string> uris;
    for (std::size_t i = 0; i < kMany; ++i) uris.push_back(nginx_->http(cat("/f", i)));
    add_ours(made, entry("many", uris));
    made.contenders.push_back(
        {"curl, one by one", {"/usr/bin/curl", "-sS", "-K", work_ + "/curl.list"}, 0.5});
    made.contenders.push_back(
        {"curl -Z", {"/usr/bin/curl", "-sZ", "-K", work_ + "/curl.list"}, 1.1});
    made.contenders.push_back(
        {"wget", {"/usr/bin/wget", "-q", "-P", into_, "-i", work_ + "/plain.list"}, {}});
    made.contenders.push_back({"aria2c",
                               {"/usr/bin/aria2c", "-q", "-j16", "--file-allocation=none", "-d",
                                into_, "-i", work_ + "/plain.list"},
                               {}});
    return made;
  }

  Invocation invocation_;
  tests::TempDir dir_;
  std::string work_ = dir_.path();
  std::string into_ = work_ + "/into";
  std::unique_ptr<tests::Nginx> nginx_;
};

void print(const Case& each, const std::vector<std::vector<Cost>>& costs) {
  const auto& ours = costs.front();
  const double peak = largest(bench::each(ours, &Cost::peak_mib));
  std::printf("%s\n  slipway %.1f ms, cpu %.1f, peak %.1f MiB", each.name.c_str(),
              median(bench::each(ours, &Cost::wall_ms)), median(bench::each(ours, &Cost::cpu_ms)),
              peak);
  if (each.most_memory_mib > 0) std::printf("%s", verdict(peak, each.most_memory_mib).c_str());
  for (std::size_t i = 1; i < costs.size(); ++i) {
    const double ratio = median_ratio(ours, costs[i]);
    std::printf("\n  %-18s %8.1f ms: %.2fx%s", each.contenders[i].name.c_str(),
                median(bench::each(costs[i], &Cost::wall_ms)), ratio,
                verdict(ratio, each.contenders[i].goal).c_str());
  }
  std::printf("\n");
  std::fflush(stdout);
}

void measure(const Stage& stage, const Case& each, std::size_t rounds, const Record& record) {
  Around around;
  around.before = [&](const Contender&) { stage.renew(); };
  // The first round is for the caches of the machine.
  const auto costs = run_rounds(each.contenders, 1, rounds, around);
  print(each, costs);
  record.add(
      summary(each.name, each.contenders, costs,
              each.most_memory_mib > 0 ? std::optional(each.most_memory_mib) : std::nullopt));
}

std::vector<Program> programs(const Invocation& invocation) {
  return versions_of({{"slipway", {invocation.build + "/bin/slipway", "--version"}},
                      {"curl", {"/usr/bin/curl", "--version"}},
                      {"wget", {"/usr/bin/wget", "--version"}},
                      {"aria2c", {"/usr/bin/aria2c", "--version"}},
                      {"nginx", {"/usr/sbin/nginx", "-v"}}});
}

int perform(const Invocation& invocation) {
  const Record record;
  make_mounts_private();
  const Stage stage(invocation);
  std::printf("Medians of %zu interleaved rounds; behind each peer slipway's part of its time.\n",
              invocation.rounds);
  for (const Case& each : stage.cases()) {
    if (!invocation.wants(each.name)) continue;
    measure(stage, each, invocation.rounds, record);
  }
  record.write("fetch", invocation, this_machine("tmpfs"), programs(invocation));
  return 0;
}

}  // namespace

}  // namespace slipway::bench

int main(int argc, char** argv) try {
  const auto invocation = slipway::bench::parse_invocation(
      argc, argv, "fetch", 7, "another slipway's prefix, or build tree");
  return invocation ? slipway::bench::perform(*invocation) : 2;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "fetch_bench: %s\n", problem.what());
  return 1;
}
