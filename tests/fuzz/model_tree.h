// A directory in memory that trusts nobody: it ends the program where a reader of archives does
// what must never happen, and refuses what a TreeWriter refuses.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "fetcher/archive/extract_limits.h"
#include "fetcher/archive/tree.h"

namespace slipway::fuzz {

class ModelTree final : public fetcher::Tree {
 public:
  explicit ModelTree(const fetcher::ExtractLimits& limits) : limits_(limits) {}

  Result<std::unique_ptr<fetcher::FileSink>> create_file(
      const sandbox::SandboxPath& path, const fetcher::Attributes& attributes) override;
  Result<void> add_directory(const sandbox::SandboxPath& path,
                             const fetcher::Attributes& attributes) override;
  Result<void> add_symlink(const sandbox::SandboxPath& path, const std::string& target,
                           std::optional<timespec> modified) override;
  Result<void> add_hard_link(const sandbox::SandboxPath& path,
                             const sandbox::SandboxPath& target) override;

 private:
  enum class Kind { kFile, kDirectory, kSymlink };
  class Sink;

  // Ends the program unless `path` stays below the root and within the limits.
  void require_inside(std::string_view path) const;
  // Parents are made; a file or a link among them is an error.
  Result<void> make_parents(const std::string& path);
  Result<void> put(const std::string& path, Kind kind);
  Result<void> count_entry();

  fetcher::ExtractLimits limits_;
  std::map<std::string, Kind> nodes_;
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
};

// Small enough that a fuzzer reaches them.
fetcher::ExtractLimits small_limits();

}  // namespace slipway::fuzz
