#include "fetcher/work/tree_step.h"

#include <cerrno>
#include <functional>
#include <utility>

#include "fetcher/cache/cache_lock.h"
#include "fetcher/work/staging.h"
#include "fetcher/work/streamed_extraction.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// Whose turn it is when extracting fails: this machine's where it has run out of something, else
// the archive is to blame.
FailureClass class_of(const Error& error) {
  switch (error.number()) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EIO:
    case EROFS:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case EACCES:
      return FailureClass::kLocal;
    default:
      return FailureClass::kUser;
  }
}

TransferFailure failure_of(Error error, const FetchStep& step) {
  const FailureClass kind = class_of(error);
  error = std::move(error).context(cat("extracting it (", name_of(*step.extract), ")"));
  if (kind == FailureClass::kUser) error = std::move(error).as(MessageCode::kFetchArchive);
  if (kind == FailureClass::kUser && error.remedy().empty()) {
    error = std::move(error).hint("\"extract\": false places it as it is, to be looked at");
  }
  return {kind, 0, std::move(error)};
}

FetchedEvent event_of(std::size_t index, const Content& content, std::uint64_t entries) {
  FetchedEvent event{index, content.source, content.bytes, content.sha256};
  event.entries = entries;
  return event;
}

// Nothing where it must be done without a tree.
using Attempt = std::optional<Result<Unpacked, TransferFailure>>;

class TreeStep {
 public:
  explicit TreeStep(const UnpackingStep& unpacking)
      : u_(unpacking), store_(*unpacking.cache), settled_(unpacking.step) {}

  Attempt run() {
    const bool may_be_there =
        u_.step.decision == CacheDecision::kUse || u_.step.decision == CacheDecision::kRevalidate;
    if (may_be_there) {
      auto content = u_.obtainer.current(u_.step, u_.account);
      // Nobody is asked twice.
      settled_.decision = content ? CacheDecision::kUse : CacheDecision::kFill;
      if (content) return from_cached(*content);
    }
    if (!makes_tree_at_once(u_.plan.materialization)) return std::nullopt;
    return by_fetching();
  }

  // What is in the cache gets its tree there, if it has none.
  void prefetch(const Content& content) {
    const std::string key = key_of(content);
    if (!store_.find(key)) (void)make(content, key);
  }

  // The step as what was asked already leaves it.
  [[nodiscard]] const FetchStep& settled() const { return settled_; }

 private:
  [[nodiscard]] ExtractLimits limits_of_build() const {
    return store_.limits_of_build(u_.plan.extract_limits);
  }

  [[nodiscard]] std::string key_of(const Content& content) const {
    return tree_key_of(u_.plan, u_.step, content.sha256);
  }

  Attempt from_cached(const Content& content) {
    const std::string key = key_of(content);
    auto tree = store_.find(key);
    if (!tree && makes_tree_later(u_.plan.materialization, content.file.get(), u_.stage)) {
      tree = make(content, key);
    }
    if (!tree) return std::nullopt;
    const PhaseTimer timer(u_.account.times.extract);
    return use(content, *std::move(tree));
  }

  // The right to make a tree, so that of many launches at once one does it.
  std::optional<Fd> wait(const std::string& key) {
    const PhaseTimer timer(u_.account.times.wait);
    auto lock = wait_for_lock(u_.cache->directory(), in("locks", key), "",
                              u_.plan.cache_limits.lock_patience);
    return lock && *lock ? std::optional(*std::move(*lock)) : std::nullopt;
  }

  // Unpacks an archive that is all there, while it is verified; or has that of whoever did it
  // meanwhile.
  std::optional<CachedTree> make(const Content& content, const std::string& key) {
    const auto lock = wait(key);
    if (!lock) return std::nullopt;
    if (auto theirs = store_.find(key)) return theirs;
    life_.belongs_to(lock->get());
    const PhaseTimer timer(u_.account.times.extract);
    auto build = store_.begin(beat_);
    if (!build) return without_tree(build.error());
    FileHashes hashes;
    StreamedExtraction extraction(build->directory.get(), *u_.step.extract, name(),
                                  limits_of_build(), u_.slots, &hashes,
                                  StreamedExtraction::Watches::kEverything, beat_);
    show(content, &extraction);
    const auto same = is_right(u_.step, content);
    auto extracted = extraction.finish();
    if (!same || !*same || !extracted) {
      store_.abandon(*std::move(build));
      // A damaged archive is replaced where there are no trees, and that is told there.
      if (!same || !*same) return std::nullopt;
      return without_tree(failure_of(std::move(extracted).error(), u_.step).error);
    }
    auto tree = store_.publish(*std::move(build), key, {content.sha256, hashes, beat_});
    if (!tree) return without_tree(tree.error());
    return *std::move(tree);
  }

  // Unpacks an archive while it arrives.
  Attempt by_fetching() {
    auto build = store_.begin(beat_);
    if (!build) return without_tree(build.error());
    FileHashes hashes;
    StreamedExtraction extraction(build->directory.get(), *u_.step.extract, name(),
                                  limits_of_build(), u_.slots, &hashes,
                                  StreamedExtraction::Watches::kArriving, beat_);
    auto content = fetch(extraction);
    if (!content) {
      extraction.failed();  // it may still be at work
      store_.abandon(*std::move(build));
      return Result<Unpacked, TransferFailure>(std::move(content).error());
    }
    settled_.decision = content->cached ? CacheDecision::kUse : settled_.decision;
    if (!content->cached || !content->watched) {
      extraction.failed();
      store_.abandon(*std::move(build));
      // Fetched by another launch for which this one has waited.
      return content->cached ? from_cached(*content) : unpack_here(*content);
    }
    return arrived(*content, *std::move(build), extraction, hashes);
  }

  Result<Content, TransferFailure> fetch(StreamedExtraction& extraction) {
    const auto [parent, file] =
        TRY_LOCAL(staged_file(settled_, u_.index, u_.stage, Layout::kApart));
    return u_.obtainer.obtain(settled_, parent.get(), file, &extraction, u_.account);
  }

  Attempt arrived(const Content& content, TreeBuild build, StreamedExtraction& extraction,
                  FileHashes& hashes) {
    const std::string key = key_of(content);
    // Who has waited for the archive waits for the tree now.
    const auto lock = try_lock(u_.cache->directory(), in("locks", key));
    if (lock && *lock) life_.belongs_to((*lock)->get());
    const PhaseTimer timer(u_.account.times.extract);
    auto extracted = extraction.finish();
    if (extracted) return keep(content, key, std::move(build), hashes);
    store_.abandon(std::move(build));
    auto failure = failure_of(std::move(extracted).error(), u_.step);
    if (failure.kind != FailureClass::kLocal) {
      return Result<Unpacked, TransferFailure>(std::move(failure));
    }
    // There may be more room in the sandbox.
    without_tree(failure.error);
    return unpack_here(content);
  }

  Attempt keep(const Content& content, const std::string& key, TreeBuild build,
               FileHashes& hashes) {
    auto tree = store_.publish(std::move(build), key, {content.sha256, hashes, beat_});
    if (tree) return use(content, *std::move(tree));
    without_tree(tree.error());
    return unpack_here(content);
  }

  Attempt use(const Content& content, CachedTree tree) {
    const std::string key = tree.key;
    FetchedEvent event = event_of(u_.index, content, tree.record.entries);
    event.tree = tree_word(u_.plan, tree);
    auto used = use_tree(u_.plan, std::move(tree), u_.index, u_.stage);
    if (used) {
      auto no_file = staged_file(u_.step, u_.index, u_.stage, Layout::kApart);
      if (!no_file) return Result<Unpacked, TransferFailure>(local_failure(no_file.error()));
      return Result<Unpacked, TransferFailure>(Unpacked{std::move(event), *std::move(used)});
    }
    if (fails_for_sharing(u_.plan.materialization, used.error())) {
      return Result<Unpacked, TransferFailure>(local_failure(std::move(used).error()));
    }
    store_.discard_if_damaged(key, used.error());
    without_tree(used.error());
    return std::nullopt;
  }

  std::nullopt_t without_tree(const Error& why) {
    u_.account.warn(cat("unpacking ", quote(u_.step.uri.redacted()),
                        " without a cached tree: ", why.message()));
    return std::nullopt;
  }

  // Of an archive that is there and verified, into the sandbox.
  Attempt unpack_here(const Content& content) {
    auto done = extract_into_stage(content);
    if (!done) return Result<Unpacked, TransferFailure>(std::move(done).error());
    return Result<Unpacked, TransferFailure>(Unpacked{*std::move(done), std::nullopt});
  }

  Result<FetchedEvent, TransferFailure> extract_into_stage(const Content& content) {
    const Fd own = TRY_LOCAL(make_directories(u_.stage, {cat(u_.index)}));
    TRY_LOCAL(staged_file(u_.step, u_.index, u_.stage, Layout::kApart));
    StreamedExtraction extraction(own.get(), *u_.step.extract, name(), u_.plan.extract_limits,
                                  u_.slots);
    extraction.begins(content.file.get());
    extraction.written(content.bytes);
    extraction.arrived();
    auto extracted = extraction.finish();
    if (!extracted) return failure_of(std::move(extracted).error(), u_.step);
    return event_of(u_.index, content, extracted->entries);
  }

  [[nodiscard]] const std::string& name() {
    name_ = u_.step.destination.name();
    return archive_name(u_.step, name_);
  }

  const UnpackingStep& u_;
  TreeStore store_;
  FetchStep settled_;
  std::string name_;
  // On the lock of the tree, for who waits; an extraction that is at work outlives no lock.
  LifeSign life_;
  const std::function<void()> beat_ = [this] { life_.show(); };
};

}  // namespace

void prefetch_tree(const UnpackingStep& unpacking, const Content& content) {
  if (!may_use_tree(unpacking.step) || !makes_tree_at_once(unpacking.plan.materialization)) return;
  TreeStep(unpacking).prefetch(content);
}

Result<FetchedEvent, TransferFailure> unpack_plainly(const UnpackingStep& unpacking,
                                                     const FetchStep& step) {
  const Fd own = TRY_LOCAL(make_directories(unpacking.stage, {cat(unpacking.index)}));
  const auto [parent, name] =
      TRY_LOCAL(staged_file(step, unpacking.index, unpacking.stage, Layout::kApart));
  StreamedExtraction extraction(own.get(), *step.extract, archive_name(step, name),
                                unpacking.plan.extract_limits, unpacking.slots);
  const Content content =
      TRY(unpacking.obtainer.obtain(step, parent.get(), name, &extraction, unpacking.account));
  const PhaseTimer timer(unpacking.account.times.extract);
  auto extracted = extraction.finish();
  if (!extracted) return failure_of(std::move(extracted).error(), step);
  return event_of(unpacking.index, content, extracted->entries);
}

Result<Unpacked, TransferFailure> unpack(const UnpackingStep& unpacking) {
  if (unpacking.cache == nullptr || !may_use_tree(unpacking.step) ||
      !uses_trees(unpacking.plan.materialization)) {
    return Unpacked{TRY(unpack_plainly(unpacking, unpacking.step))};
  }
  TreeStep with_tree(unpacking);
  if (auto attempt = with_tree.run()) return *std::move(attempt);
  return Unpacked{TRY(unpack_plainly(unpacking, with_tree.settled()))};
}

}  // namespace slipway::fetcher
