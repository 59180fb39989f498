#include "tests/bench/launch_cases.h"

#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "sandbox/base/text.h"
#include "tests/bench/machine.h"
#include "tests/bench/scratch_disk.h"
#include "tests/support/json_text.h"

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

using tests::json_string;
using tests::kNobody;

constexpr std::size_t kMostBinds = 100;
constexpr const char* kProgram = "/bin/true";
constexpr const char* kMissingTarget = "/slipway-bench";

std::string volume(const std::string& source, const std::string& target) {
  return cat(R"({"host_path":)", json_string(source), R"(,"container_path":)", json_string(target),
             R"(,"mode":"RO"})");
}

std::string name_of(As as) {
  return as == As::kRoot ? "root" : as == As::kRootForUser ? "root-for-user" : "user";
}

std::vector<std::string> operator+(std::vector<std::string> left,
                                   const std::vector<std::string>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// Succeeds where every directory shows its source, which everybody may write to, read-only.
std::vector<std::string> probe_of(const std::vector<std::string>& targets) {
  return std::vector<std::string>{
             "/bin/sh", "-c",
             R"(for at; do [ -e "$at/mark" ] && ! touch "$at/mark" 2>/dev/null || exit 1; done)",
             "probe"} +
         targets;
}

// The part of bubblewrap's time that a launch may take, by number of binds.
std::optional<double> bubblewrap_goal(std::size_t count) {
  switch (count) {
    case 1:
      return 0.6;
    case 16:
      return 0.35;
    case kMostBinds:
      return 0.12;
    default:
      return std::nullopt;
  }
}

std::vector<std::string> first(const std::vector<std::string>& all, std::size_t count) {
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

Stage::Stage(const std::string& build, const std::string& before) {
  scratch_ = dir_.make_directory("scratch");
  if (::geteuid() == 0) mount_tmpfs();
  copy_programs(build, before);
  for (std::size_t i = 0; i < kMostBinds; ++i) {
    sources_.push_back(dir_.make_directory(cat("sources/", i), 0777));
    targets_.push_back(dir_.make_directory(cat("targets/", i)));
    dir_.write(cat("sources/", i, "/mark"), "", 0666);
  }
  dir_.write("file", std::string(1024, 'x'));
  make_directories();
}

Stage::~Stage() {
  if (mounted_) ::umount2(scratch_.c_str(), MNT_DETACH);
}

void Stage::mount_tmpfs() {
  make_mounts_private();
  mounted_ = ::mount("tmpfs", scratch_.c_str(), "tmpfs", 0, "mode=0755") == 0;
  if (!mounted_) throw std::runtime_error("cannot mount a tmpfs on " + scratch_);
}

void Stage::copy_programs(const std::string& build, const std::string& before) {
  dir_.make_directory("prefix/bin");
  dir_.make_directory("prefix/libexec/slipway");
  fs::copy_file(build + "/bin/slipway", dir_ / "prefix/bin/slipway");
  fs::copy_file(build + "/libexec/slipway/slipway-fetcher",
                dir_ / "prefix/libexec/slipway/slipway-fetcher");
  fs::copy_file(build + "/bench/bench_floor", dir_ / "floor");
  fs::copy_file(build + "/bench/bench_stand_in", dir_ / "stand-in");
  if (before.empty()) return;
  before_ = dir_ / "prefix/bin/before";
  fs::copy_file(before, before_);
}

// A sandbox and a cache for each who launches.
void Stage::make_directories() const {
  for (const As as : {As::kRoot, As::kRootForUser, As::kOrdinaryUser}) {
    const unsigned owner = as == As::kRoot ? 0 : kNobody;
    for (const char* kind : {"sandbox-", "cache-"}) {
      const std::string path = dir_.make_directory(cat("scratch/", kind, name_of(as)), 0700);
      if (::geteuid() == 0 && ::chown(path.c_str(), owner, owner) != 0) {
        throw std::runtime_error("cannot give " + path + " away");
      }
    }
  }
}

std::vector<Case> Stage::cases(As as) const {
  return {bind_case(0, as),          bind_case(1, as),        bind_case(16, as),
          bind_case(kMostBinds, as), missing_target_case(as), cached_file_case(as)};
}

std::string Stage::file_system() const {
  return file_system_of(scratch_);
}

std::string Stage::entry(const std::string& name, const std::string& uris,
                         const std::string& volumes) const {
  return dir_.write(
      name + ".json",
      cat(R"([{"executor":{"name":"bench","command":{"value":")", kProgram,
          R"(","shell":false,"arguments":["true"],"uris":[)", uris,
          R"(]},"resources":[]},"task_prefix":"bench-","volume_mounts":[)", volumes, "]}]"));
}

std::vector<std::string> Stage::slipway(const std::string& program, const std::string& entry,
                                        As as) const {
  std::vector<std::string> argv{program,
                                "run",
                                entry,
                                "-q",
                                "--sandbox",
                                scratch_ + "/sandbox-" + name_of(as),
                                "--cache-policy",
                                "immutable",
                                "--cache-dir",
                                scratch_ + "/cache-" + name_of(as)};
  if (as == As::kRootForUser) argv = std::move(argv) + std::vector<std::string>{"-u", "nobody"};
  return argv;
}

Case Stage::made(const std::string& name, const std::string& entry, As as) const {
  Case made{name, slipway(dir_ / "prefix/bin/slipway", entry, as), {}, {}};
  if (!before_.empty()) {
    made.peers.push_back({"before", slipway(before_, entry, as), std::nullopt});
  }
  return made;
}

std::vector<std::string> Stage::bubblewrap(std::size_t count, As as) const {
  std::vector<std::string> argv{"/usr/bin/bwrap", "--dev-bind", "/", "/"};
  if (as == As::kRootForUser) {
    const std::string id = std::to_string(kNobody);
    argv = std::move(argv) + std::vector<std::string>{"--unshare-user", "--uid", id, "--gid", id};
  }
  for (std::size_t i = 0; i < count; ++i) {
    argv = std::move(argv) + std::vector<std::string>{"--ro-bind", sources_[i], targets_[i]};
  }
  argv.emplace_back(kProgram);
  return argv;
}

std::vector<std::string> Stage::floor(std::size_t count) const {
  std::vector<std::string> argv{dir_ / "floor"};
  for (std::size_t i = 0; i < count; ++i) {
    argv = std::move(argv) + std::vector<std::string>{sources_[i], targets_[i]};
  }
  return std::move(argv) + std::vector<std::string>{"--", kProgram};
}

Case Stage::bind_case(std::size_t count, As as) const {
  std::string volumes;
  for (std::size_t i = 0; i < count; ++i) {
    volumes += cat(i == 0 ? "" : ",", volume(sources_[i], targets_[i]));
  }
  Case made = this->made(count == 0   ? "no volumes"
                         : count == 1 ? "1 RO bind"
                                      : cat(count, " RO binds"),
                         entry(cat("binds-", count), "", volumes), as);
  made.probe = probe_of(first(targets_, count));
  if (count > 0) {
    made.peers.push_back({"bwrap", bubblewrap(count, as), bubblewrap_goal(count)});
    made.peers.push_back({"unshare",
                          {"/usr/bin/unshare", as == As::kRoot ? "-m" : "-Urm", kProgram},
                          count == 1 ? std::optional(1.1) : std::nullopt});
    made.peers.push_back({"floor", floor(count), std::nullopt});
  }
  made.peers.push_back({"true", {kProgram}, std::nullopt});
  return made;
}

// The peers get a target that exists: none of them can make one at the top of the host's tree.
Case Stage::missing_target_case(As as) const {
  Case made = this->made("1 RO bind, target missing",
                         entry("missing", "", volume(sources_[0], kMissingTarget)), as);
  made.probe = probe_of({kMissingTarget});
  made.peers.push_back({"bwrap", bubblewrap(1, as), 0.8});
  made.peers.push_back(
      {"unshare", {"/usr/bin/unshare", as == As::kRoot ? "-m" : "-Urm", kProgram}, 1.5});
  made.peers.push_back({"floor", floor(1), std::nullopt});
  return made;
}

Case Stage::cached_file_case(As as) const {
  const std::string file = dir_ / "file";
  const std::string sandbox = cat(scratch_, "/sandbox-", name_of(as));
  Case made = this->made(
      "1 KiB from the cache",
      entry("cached", cat(R"({"value":)", json_string(file), R"(,"cache":true})"), ""), as);
  made.probe = {"/bin/sh", "-c", "[ $(wc -c < \"$1\") = 1024 ]", "probe", sandbox + "/file"};
  made.peers.push_back({"stand-in", {dir_ / "stand-in", file, sandbox, kProgram}, 0.3});
  made.peers.push_back({"true", {kProgram}, std::nullopt});
  return made;
}

}  // namespace slipway::bench
