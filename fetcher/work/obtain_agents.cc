// Getting hold of what a URI names by way of a Mesos agent's cache: the rules are mesos-fetcher's,
// but whatever is wrong with that cache costs a download, never the task.
#include "fetcher/work/obtain.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// Copies it to its place, or verifies it where it is only extracted. False where it cannot be read,
// or is not what the URI's checksum says.
Result<bool> deliver_agents(const FetchStep& step, const Content& content, int parent,
                            const std::string& name) {
  // What was downloaded just now was compared on the way.
  const auto& pin = content.source == FetchSource::kCache ? step.uri.pin() : std::nullopt;
  if (!places_file(step)) return copy_pinned(content.file.get(), std::nullopt, pin);
  Fd file = TRY(make_staged(parent, name));
  if (!TRY(copy_pinned(content.file.get(), file.get(), pin))) return false;
  TRY(sys::change_mode(file.get(), mode_in_sandbox(step, content.mode)));
  TRY(file.close());
  return true;
}

Result<std::optional<Content>> find_in(const AgentCache& cache, const FetchStep& step,
                                       std::uint64_t max_bytes) {
  auto file = TRY(cache.find(step.agent_cache_file));
  if (!file) return std::optional<Content>();
  const auto found = TRY(sys::stat_fd(file->get()));
  if (static_cast<std::uint64_t>(found.st_size) > max_bytes) {
    return Error("the file is larger than max_size allows");
  }
  return std::optional(Content{*std::move(file), static_cast<std::uint64_t>(found.st_size), "",
                               found.st_mode & 0777, FetchSource::kCache, std::nullopt, false});
}

std::optional<Content> give_up(const FetchStep& step, const Error& why, UriAccount& account) {
  account.warn(
      cat("fetching ", quote(step.uri.redacted()), " without the agent's cache: ", why.message()));
  return std::nullopt;
}

}  // namespace

Result<Content, TransferFailure> Obtainer::obtain_agents(const FetchStep& step, int parent,
                                                         const std::string& name,
                                                         ContentWatcher* watcher,
                                                         UriAccount& account) {
  if (agents_ == nullptr) return obtain_direct(step, parent, name, watcher, account);
  auto content = TRY(from_agents(step, watcher, account));
  if (!content) return obtain_direct(step, parent, name, watcher, account);
  show(*content, watcher);
  const PhaseTimer timer(account.times.verify);
  if (TRY_LOCAL(deliver_agents(step, *content, parent, name))) return *std::move(content);
  account.warn(cat("the agent's cached copy of ", quote(step.uri.redacted()),
                   " cannot be read, or is not what its checksum says: fetching it anew"));
  return obtain_direct(step, parent, name, watcher, account);
}

// Nothing where it must be fetched directly, which was said.
Result<std::optional<Content>, TransferFailure> Obtainer::from_agents(const FetchStep& step,
                                                                      ContentWatcher* watcher,
                                                                      UriAccount& account) {
  if (step.decision == CacheDecision::kUse) {
    auto found = find_in(*agents_, step, plan_.transfers.limits.max_bytes);
    if (!found) return give_up(step, found.error(), account);
    if (!*found) return give_up(step, Error("the file is gone"), account);
    return *std::move(found);
  }
  auto fill = [&] {
    const PhaseTimer timer(account.times.wait);
    return agents_->begin_fill(step.agent_cache_file);
  }();
  if (!fill) return give_up(step, fill.error(), account);
  // Mesos: of several items with one URI the first one downloads.
  if (auto found = find_in(*agents_, step, plan_.transfers.limits.max_bytes); found && *found)
    return *std::move(found);
  return fill_agents(step, *std::move(fill), watcher, account);
}

Result<std::optional<Content>, TransferFailure> Obtainer::fill_agents(const FetchStep& step,
                                                                      AgentFill fill,
                                                                      ContentWatcher* watcher,
                                                                      UriAccount& account) {
  auto received = transfer(step.uri, fill.file(), nullptr, watcher, account);
  if (!received) {
    if (received.error().kind != FailureClass::kLocal) return std::move(received).error();
    return give_up(step, received.error().error, account);
  }
  Content content =
      received_content(step, TRY_LOCAL(sys::duplicate(fill.file())), *received, watcher);
  // Of a local source the mode matters to whoever copies it later.
  const mode_t mode = received->mode ? (*received->mode & 0755) | 0600 : 0644;
  if (auto published = fill.publish(mode); !published) {
    account.warn(cat(quote(step.uri.redacted()),
                     " does not stay in the agent's cache: ", published.error().message()));
  }
  return std::optional(std::move(content));
}

}  // namespace slipway::fetcher
