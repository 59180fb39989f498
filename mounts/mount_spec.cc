#include "mounts/mount_spec.h"

#include <algorithm>
#include <array>
#include <string>

#include "sandbox/base/text.h"

namespace slipway::mounts {

using sandbox::AbsolutePath;
using sandbox::SandboxPath;

namespace {

struct KernelTree {
  std::string_view path;
  std::string_view why;
};

constexpr std::array<KernelTree, 3> kKernelTrees = {{
    {"/proc", "where processes and the kernel's settings are seen"},
    {"/sys", "where the kernel's devices and settings are seen"},
    {"/dev", "which every program needs as the host has it"},
}};

// `inner` without `outer` in front; nothing where it is not properly below.
std::optional<std::string> rest_below(std::string_view outer, std::string_view inner) {
  if (outer == "/") outer = "";
  if (inner.size() <= outer.size() + 1 || !inner.starts_with(outer) || inner[outer.size()] != '/') {
    return std::nullopt;
  }
  return std::string(inner.substr(outer.size() + 1));
}

std::optional<SandboxPath> relative(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  auto path = SandboxPath::parse(*text);
  if (!path) return std::nullopt;
  return *std::move(path);
}

}  // namespace

std::string_view name_of(FileKind kind) {
  switch (kind) {
    case FileKind::kDirectory:
      return "a directory";
    case FileKind::kFile:
      return "a file";
    case FileKind::kDevice:
      return "a device";
    case FileKind::kSocket:
      return "a socket";
    case FileKind::kPipe:
      return "a pipe";
  }
  return "";
}

Result<void> check_container_path(const AbsolutePath& path) {
  constexpr const char* kRemedy =
      "choose another container_path, or a relative one (in the sandbox)";
  if (path.is_root()) {
    return Error("container_path '/' would hide the whole host, the executor included")
        .hint(kRemedy);
  }
  for (const auto& tree : kKernelTrees) {
    const std::string text(tree.path);
    if (path.str() != text && !path.str().starts_with(text + '/')) continue;
    return Error(cat("container_path ", quote(path.str()),
                     path.str() == text ? " would hide " : " lies in ", text, ", ", tree.why))
        .hint(kRemedy);
  }
  return {};
}

Target place_target(const Target& asked, const std::optional<AbsolutePath>& sandbox_dir) {
  const auto* absolute = std::get_if<AbsolutePath>(&asked);
  if (absolute == nullptr || !sandbox_dir) return asked;
  if (auto inside = relative(rest_below(sandbox_dir->str(), absolute->str()))) {
    return *std::move(inside);
  }
  return asked;
}

const std::string& text_of(const Target& target) {
  return std::visit([](const auto& path) -> const std::string& { return path.str(); }, target);
}

std::size_t depth_of(const Target& target) {
  const std::string& path = text_of(target);
  const auto slashes = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
  if (std::holds_alternative<SandboxPath>(target)) return slashes + 1;
  return path.size() == 1 ? 0 : slashes;
}

Target ancestor_of(const Target& target, std::size_t up) {
  if (const auto* absolute = std::get_if<AbsolutePath>(&target)) {
    AbsolutePath path = *absolute;
    for (; up > 0; --up) path = path.parent();
    return path;
  }
  auto components = std::get<SandboxPath>(target).components();
  components.resize(components.size() - up);
  auto path = SandboxPath::parse(join(components, "/"));
  return path ? Target(*std::move(path)) : target;
}

std::optional<SandboxPath> path_below(const Target& outer, const Target& inner) {
  if (outer.index() != inner.index()) return std::nullopt;
  return relative(rest_below(text_of(outer), text_of(inner)));
}

}  // namespace slipway::mounts
