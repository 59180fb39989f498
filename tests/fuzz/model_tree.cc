#include "tests/fuzz/model_tree.h"

#include <algorithm>

#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

class ModelTree::Sink final : public fetcher::FileSink {
 public:
  explicit Sink(ModelTree& tree) : tree_(tree) {}

  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    if (finished_) broken("nothing is written to a file after its end");
    if (offset < size_) return Error("its pieces overlap");
    if (offset > tree_.limits_.bytes || bytes.size() > tree_.limits_.bytes - offset) {
      return Error("over the limit");
    }
    return grow(offset + bytes.size());
  }

  Result<void> finish(std::uint64_t size) override {
    if (finished_) broken("a file ends once");
    finished_ = true;
    if (size < size_) return Error("it holds more than it announced");
    if (size > tree_.limits_.bytes) return Error("over the limit");
    return grow(size);
  }

 private:
  Result<void> grow(std::uint64_t size) {
    tree_.bytes_ += size - size_;
    size_ = size;
    if (tree_.bytes_ > tree_.limits_.bytes) return Error("over the limit");
    return {};
  }

  ModelTree& tree_;
  std::uint64_t size_ = 0;
  bool finished_ = false;
};

void ModelTree::require_inside(std::string_view path) const {
  hold_inside(path);
  if (path.size() >= limits_.path_length) broken("a path is within the limit of its length");
  const auto depth = static_cast<std::uint64_t>(std::ranges::count(path, '/')) + 1;
  if (depth > limits_.depth) broken("a path is within the limit of its depth");
}

Result<void> ModelTree::count_entry() {
  if (++entries_ > limits_.entries) return Error("over the limit");
  return {};
}

Result<void> ModelTree::make_parents(const std::string& path) {
  for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
    const auto [node, made] = nodes_.emplace(path.substr(0, at), Kind::kDirectory);
    if (made) TRY(count_entry());
    if (node->second != Kind::kDirectory) return Error("a parent is no directory");
  }
  return {};
}

Result<void> ModelTree::put(const std::string& path, Kind kind) {
  require_inside(path);
  TRY(count_entry());
  TRY(make_parents(path));
  const auto [node, made] = nodes_.emplace(path, kind);
  if (!made && node->second == Kind::kDirectory && kind != Kind::kDirectory) {
    return Error("a directory is not replaced");
  }
  node->second = kind;
  return {};
}

Result<std::unique_ptr<fetcher::FileSink>> ModelTree::create_file(const sandbox::SandboxPath& path,
                                                                  const fetcher::Attributes&) {
  TRY(put(path.str(), Kind::kFile));
  return std::unique_ptr<fetcher::FileSink>(std::make_unique<Sink>(*this));
}

Result<void> ModelTree::add_directory(const sandbox::SandboxPath& path,
                                      const fetcher::Attributes&) {
  return put(path.str(), Kind::kDirectory);
}

Result<void> ModelTree::add_symlink(const sandbox::SandboxPath& path, const std::string& target,
                                    std::optional<timespec>) {
  if (target.empty() || target.size() > 4095 || target.find('\0') != std::string::npos) {
    return Error("a target that cannot be");
  }
  return put(path.str(), Kind::kSymlink);
}

Result<void> ModelTree::add_hard_link(const sandbox::SandboxPath& path,
                                      const sandbox::SandboxPath& target) {
  require_inside(target.str());
  const auto found = nodes_.find(target.str());
  if (found == nodes_.end()) return Error("no such file");
  if (found->second == Kind::kDirectory) return Error("neither a file nor a link");
  return put(path.str(), found->second);
}

fetcher::ExtractLimits small_limits() {
  fetcher::ExtractLimits limits;
  limits.bytes = std::uint64_t{16} << 20;
  limits.entries = 1000;
  limits.path_length = 512;
  limits.depth = 12;
  limits.metadata_bytes = std::uint64_t{64} << 10;
  limits.directory_bytes = std::uint64_t{64} << 10;
  limits.decoder_memory = std::uint64_t{16} << 20;
  limits.free_space_reserve = 0;
  return limits;
}

}  // namespace slipway::fuzz
