// Moves a finished tree to its place, and removes trees. All work is relative to directory
// descriptors, and no symbolic link is ever followed.
#pragma once

#include <functional>
#include <string>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Both merge what is in directory `from` into directory `onto`, on one file system, by renames:
// clang-format off
//   absent there                       moved
//   a directory here and there         merged; the mode and times of the one there stay
//   neither here nor there a directory replaced by what is here; a link is replaced, not followed
//   a directory on one side only       a conflict
// clang-format on
//
// check_merge() changes nothing and reports the conflicts, all of them (the first ten by name). One
// more is a file here where there is a link to a directory: it may be all that leads to a volume.
// merge() stops at the first error. What it moved stays moved; the merged directories of `from` are
// left behind, empty. The remedy of a conflict is for `onto` being a sandbox; of merge(), which
// meets one only where nobody checked, for what is put together of several URIs.
Result<void> check_merge(int from, int onto);
Result<void> merge(int from, int onto);

// Removes `name` (one component) from directory `dir`, with everything below it whatever the depth.
// Directories of our own that lack permissions get them first. Never follows a link and never
// enters another mount: a mount point below is an error. Nothing there is success. `beat` (may be
// empty) is called now and then.
Result<void> remove_tree(int dir, const std::string& name, const std::function<void()>& beat = {});

}  // namespace slipway::fetcher
