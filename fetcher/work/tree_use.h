// Using a cached tree in place of unpacking its archive.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "fetcher/cache/content.h"
#include "fetcher/cache/tree_store.h"
#include "fetcher/plan/fetch_plan.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Whether a step's members may come out of a cached tree: it is extracted, and goes through
// slipway's own cache.
bool may_use_tree(const FetchStep& step);

// Whether trees are used at all. Not where every byte shall be copied: the archive's own hash says
// what is in it, of a tree only files say it that whoever could change the tree could change too.
bool uses_trees(const Materialization& materialization);

// Whether a launch that fetches an archive makes its tree at once, in place of unpacking it into
// the sandbox: for an overlay, to which that costs little more.
bool makes_tree_at_once(const Materialization& materialization);
// Whether one that finds the archive in the cache (its file is `archive`) makes the tree where
// there is none: also where the files of the staging area can share blocks with the cache's. Where
// they cannot a tree is used if it is there, but costs more than it brings:
// unpacking an archive takes no longer than copying what is in it. Both borrowed.
bool makes_tree_later(const Materialization& materialization, int archive, int stage);

// The name by which an archive is unpacked. mesos-fetcher judges by the URI's where its cache has
// it, whatever the output_file.
const std::string& archive_name(const FetchStep& step, const std::string& name);

// The key of the tree that a step's archive, whose hash this is, gives.
std::string tree_key_of(const FetchPlan& plan, const FetchStep& step, const std::string& sha256);

// How the report names that (FetchedEvent::tree).
std::string_view tree_word(const FetchPlan& plan, const CachedTree& tree);

// Whether an error of using a tree is the step's: the plan will have blocks shared, and this file
// system cannot. Else the step goes on without the tree.
bool fails_for_sharing(const Materialization& materialization, const Error& error);

// The members of a step out of the tree: copied to stage/INDEX/tree, or where the plan wants
// overlays left for stage_trees(): then the tree is returned. Errors: what is in the cache is not
// what it was, or there is no room; nothing is left in the staging area then.
Result<std::optional<CachedTree>> use_tree(const FetchPlan& plan, CachedTree tree,
                                           std::size_t index, int stage);

}  // namespace slipway::fetcher
