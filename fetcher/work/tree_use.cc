#include "fetcher/work/tree_use.h"

#include "fetcher/cache/placement.h"
#include "fetcher/cache/tree_copy.h"
#include "fetcher/work/staging.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// Tried on a file without a name.
bool shares_blocks(int file, int directory) {
  const auto copy = sys::open_at(directory, ".", O_TMPFILE | O_WRONLY, 0600);
  if (!copy) return false;
  const auto cloned = sys::clone_file(file, copy->get());
  return cloned && *cloned;
}

}  // namespace

bool may_use_tree(const FetchStep& step) {
  return step.extract && step.agent_cache_file.empty() && step.decision != CacheDecision::kDirect &&
         !step.keep_archive;
}

bool uses_trees(const Materialization& materialization) {
  return materialization.overlay || materialization.sharing != Sharing::kNever;
}

bool makes_tree_at_once(const Materialization& materialization) {
  return materialization.overlay;
}

bool makes_tree_later(const Materialization& materialization, int archive, int stage) {
  if (materialization.overlay) return true;
  if (materialization.sharing != Sharing::kWherePossible) {
    return materialization.sharing == Sharing::kRequired;
  }
  return shares_blocks(archive, stage);
}

const std::string& archive_name(const FetchStep& step, const std::string& name) {
  return archive_format_of(name) == step.extract ? name : step.uri.file_name();
}

std::string tree_key_of(const FetchPlan& plan, const FetchStep& step, const std::string& sha256) {
  return tree_key(sha256, *step.extract, archive_name(step, step.destination.name()),
                  plan.extract_limits);
}

std::string_view tree_word(const FetchPlan& plan, const CachedTree& tree) {
  const bool overlay = plan.materialization.overlay && !tree.record.directories.empty();
  return overlay ? "overlay" : "copy";
}

bool fails_for_sharing(const Materialization& materialization, const Error& error) {
  return materialization.sharing == Sharing::kRequired &&
         error.is(std::errc::operation_not_supported);
}

Result<std::optional<CachedTree>> use_tree(const FetchPlan& plan, CachedTree tree,
                                           std::size_t index, int stage) {
  if (plan.materialization.overlay) return std::optional(std::move(tree));
  const Fd own = TRY(make_directories(stage, {cat(index)}));
  const Fd into = TRY(make_directories(own.get(), {"tree"}));
  auto copied = copy_tree(
      tree, [](std::string_view) { return true; }, into.get(), plan.materialization.sharing,
      plan.extract_limits);
  if (copied) return std::optional<CachedTree>();
  TRY(remove_tree(own.get(), "tree"));
  return std::move(copied).error();
}

}  // namespace slipway::fetcher
