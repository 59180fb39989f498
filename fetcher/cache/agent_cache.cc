#include "fetcher/cache/agent_cache.h"

#include <dirent.h>
#include <time.h>
#include <unistd.h>

#include <utility>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr char kTemporary[] = ".slipway.";
constexpr time_t kLeftBehind = 60;  // seconds: younger ones may be about to be locked

// Whoever fills a file holds its lock: the kernel lets go of it when that process dies.
bool is_left_behind(int directory, const std::string& name) {
  const auto file = sys::open_beneath(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return false;
  const auto found = sys::stat_fd(file->get());
  if (!found || !S_ISREG(found->st_mode) || ::time(nullptr) - found->st_mtime < kLeftBehind) {
    return false;
  }
  const auto locked = sys::lock(file->get(), sys::Lock::kExclusive);
  return locked && *locked;
}

void sweep(int directory) {
  const auto entries = sys::list(directory);
  if (!entries) return;
  for (const auto& entry : *entries) {
    if (!entry.name.starts_with(kTemporary) || !is_left_behind(directory, entry.name)) continue;
    (void)sys::unlink(directory, entry.name).has_value();  // the agent's own sweep comes anyway
  }
}

}  // namespace

AgentFill::AgentFill(AgentFill&& other) noexcept
    : cache_(std::exchange(other.cache_, nullptr)),
      name_(std::move(other.name_)),
      temporary_(std::exchange(other.temporary_, {})),
      file_(std::move(other.file_)) {}

AgentFill::~AgentFill() {
  if (cache_ == nullptr) return;
  if (!temporary_.empty()) {
    (void)sys::unlink(cache_->directory_.get(), temporary_).has_value();  // at worst swept later
  }
  cache_->release(name_);
}

Result<void> AgentFill::publish(mode_t mode) {
  TRY(sys::check_written(file_.get()));
  TRY(sys::change_mode(file_.get(), mode));
  TRY(sys::rename(cache_->directory_.get(), temporary_, cache_->directory_.get(), name_));
  temporary_.clear();
  return {};
}

AgentCache::AgentCache(Fd directory) : directory_(std::move(directory)) {
  sweep(directory_.get());
}

Result<std::optional<Fd>> AgentCache::find(const std::string& name) const {
  if (!TRY(sys::find_at(directory_.get(), name))) return std::optional<Fd>();
  Fd file = TRY(sys::open_beneath(directory_.get(), name, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!S_ISREG(TRY(sys::stat_fd(file.get())).st_mode)) {
    return Error(cat(quote(name), " is not a regular file"));
  }
  return std::optional(std::move(file));
}

Result<AgentFill> AgentCache::begin_fill(const std::string& name) {
  std::unique_lock lock(mutex_);
  released_.wait(lock, [&] { return !being_filled_.contains(name); });
  being_filled_.insert(name);
  AgentFill fill(*this, name);
  std::string temporary = cat(kTemporary, ::getpid(), '.', ++serial_);
  lock.unlock();
  fill.file_ = TRY(
      sys::open_beneath(directory_.get(), temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  fill.temporary_ = std::move(temporary);
  TRY(sys::lock(fill.file_.get(), sys::Lock::kExclusive));
  return fill;
}

void AgentCache::release(const std::string& name) {
  {
    const std::scoped_lock lock(mutex_);
    being_filled_.erase(name);
  }
  released_.notify_all();
}

}  // namespace slipway::fetcher
