// Which volume lies inside which. Pure.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "mounts/mount_spec.h"

namespace slipway::mounts {

class Coverage {
 public:
  // Borrows the targets, one for each volume.
  explicit Coverage(std::span<const Target> targets);

  // The volume that `target` lies properly inside of, the innermost where there are several.
  [[nodiscard]] std::optional<std::size_t> volume_above(const Target& target) const;

 private:
  using Key = std::pair<std::size_t, std::string_view>;  // of the variant; the path
  std::map<Key, std::size_t> volumes_;
};

}  // namespace slipway::mounts
