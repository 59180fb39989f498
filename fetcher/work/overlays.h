// Which directories of a sandbox are overlays upon cached trees: what the fetch stage leaves for
// whoever mounts them, at once or when the sandbox is reopened.
//
//   .slipway/overlays.json        what is mounted (this value)
//   .slipway/overlay/N/I/upper    what the task has changed in the I-th of them; N is another one
//                                 with each launch in the sandbox
//   .slipway/overlay/N/I/work     the kernel's own
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

struct OverlayDirectory {
  std::string name;                // in the sandbox
  std::vector<std::string> trees;  // by key; of two with one file the later one's counts

  bool operator==(const OverlayDirectory&) const = default;
};

struct Overlays {
  std::string cache;  // the path of its directory
  std::uint64_t number = 0;
  std::vector<OverlayDirectory> directories;

  bool operator==(const Overlays&) const = default;
};

inline constexpr char kOverlaysFile[] = "overlays.json";
inline constexpr std::size_t kOverlaysMaxBytes = std::size_t{1} << 20;
// fsconfig(2) takes 255 bytes for a mount's source, which names them all. A directory of more is
// copied.
inline constexpr std::size_t kMostTreesOfDirectory = 3;

// Of one sandbox, and of the trees below them. Who mounts them holds a descriptor of each mount and
// two of each tree: 768, which leaves something of the usual 1024. What is more is copied.
inline constexpr std::size_t kMostOverlays = 256;

// Below .slipway: "overlay/N/I".
std::string overlay_place(const Overlays& overlays, std::size_t index);
// The source of its mount: "slipway:KEY,KEY,@DEVICE:INODE", in which the last is the upper layer's.
std::string overlay_source(const OverlayDirectory& directory, const std::string& upper);
// "@DEVICE:INODE".
std::string upper_word(const struct stat& upper);

std::string to_json(const Overlays& overlays);
// Errors: not such a text. What it names may come from the task: names are single ones and not
// slipway's own, keys are keys.
Result<Overlays> parse_overlays(std::string_view text);

}  // namespace slipway::fetcher
