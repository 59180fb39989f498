// What is measured: launches of slipway, and of the peers that do the same.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/contender.h"
#include "tests/support/nobody.h"
#include "tests/support/temp_dir.h"

namespace slipway::bench {

// Who launches.
enum class As {
  kRoot,
  kRootForUser,   // root with -u nobody
  kOrdinaryUser,  // uid 65534
};

struct Case {
  std::string name;
  std::vector<std::string> slipway;
  std::vector<Contender> peers;
  // Fails unless what was asked for is there; takes the place of /bin/true once.
  std::vector<std::string> probe;
};

// The programs to measure, from build tree `build`, and `before`, another slipway to compare with
// (or ""), copied to where everybody may read. As root, sandboxes and caches are on a tmpfs in a
// mount namespace of our own: how fast the host's file system makes files is not what is measured.
class Stage {
 public:
  Stage(const std::string& build, const std::string& before);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // Every case for `as`. They use one sandbox and cache, made before.
  [[nodiscard]] std::vector<Case> cases(As as) const;
  // Of sandboxes and caches.
  [[nodiscard]] std::string file_system() const;

 private:
  [[nodiscard]] std::string entry(const std::string& name, const std::string& uris,
                                  const std::string& volumes) const;
  [[nodiscard]] std::vector<std::string> slipway(const std::string& program,
                                                 const std::string& entry, As as) const;
  [[nodiscard]] Case made(const std::string& name, const std::string& entry, As as) const;
  [[nodiscard]] Case bind_case(std::size_t count, As as) const;
  [[nodiscard]] Case missing_target_case(As as) const;
  [[nodiscard]] Case cached_file_case(As as) const;
  [[nodiscard]] std::vector<std::string> bubblewrap(std::size_t count, As as) const;
  [[nodiscard]] std::vector<std::string> floor(std::size_t count) const;

  void mount_tmpfs();
  void copy_programs(const std::string& build, const std::string& before);
  void make_directories() const;

  tests::TempDir dir_;
  std::string scratch_;
  bool mounted_ = false;
  std::string before_;
  std::vector<std::string> sources_;
  std::vector<std::string> targets_;
};

}  // namespace slipway::bench
