#include "mounts/coverage.h"

namespace slipway::mounts {

Coverage::Coverage(std::span<const Target> targets) {
  for (std::size_t index = 0; index < targets.size(); ++index) {
    volumes_.emplace(Key(targets[index].index(), text_of(targets[index])), index);
  }
}

std::optional<std::size_t> Coverage::volume_above(const Target& target) const {
  std::string_view path = text_of(target);
  for (;;) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos || slash == 0) return std::nullopt;
    path = path.substr(0, slash);
    const auto found = volumes_.find(Key(target.index(), path));
    if (found != volumes_.end()) return found->second;
  }
}

}  // namespace slipway::mounts
