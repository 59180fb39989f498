#include "fetcher/cache/cache_lock.h"

#include <sys/stat.h>
#include <time.h>

#include <array>

#include "sandbox/base/sys.h"

namespace slipway::fetcher {

namespace {

using std::chrono::milliseconds;

// A file that was replaced, grew, or was touched: another value.
using Signs = std::array<std::int64_t, 8>;

void look_at(const CacheDirectory& directory, const std::string& path, std::int64_t* signs) {
  const auto found = directory.find_file(path);
  if (!found) return;
  signs[0] = static_cast<std::int64_t>(found->st_ino);
  signs[1] = found->st_size;
  signs[2] = found->st_mtim.tv_sec;
  signs[3] = found->st_mtim.tv_nsec;
}

Signs look(const CacheDirectory& directory, const std::string& path, const std::string& grows) {
  Signs signs{};
  look_at(directory, path, signs.data());
  if (!grows.empty()) look_at(directory, grows, signs.data() + 4);
  return signs;
}

void sleep_for(milliseconds time) {
  const timespec nap{time.count() / 1000, (time.count() % 1000) * 1'000'000};
  ::nanosleep(&nap, nullptr);
}

}  // namespace

Result<std::optional<Fd>> try_lock(const CacheDirectory& directory, const std::string& path) {
  for (;;) {
    Fd file = TRY(directory.open_file(path, O_RDWR | O_CREAT));
    if (!TRY(sys::lock(file.get(), sys::Lock::kExclusive))) {
      return std::optional<Fd>();
    }
    // Who held it before may have unlinked it: then it locks nothing, and others have a newer one.
    if (TRY(directory.names_file(path, file.get()))) return std::optional(std::move(file));
  }
}

Result<std::optional<Fd>> wait_for_lock(
    const CacheDirectory& directory, const std::string& path, const std::string& grows,
    milliseconds patience, const std::function<void()>& waiting,
    const std::optional<std::chrono::steady_clock::time_point>& end) {
  using Clock = std::chrono::steady_clock;
  std::optional<Signs> last;
  Clock::time_point since;
  // flock(2) has no deadline of its own, and a stopped holder must not stop everybody: ask again,
  // more rarely as time goes by.
  for (milliseconds pause(1);; pause = std::min(pause * 2, milliseconds(50))) {
    if (auto lock = TRY(try_lock(directory, path))) return lock;
    if (waiting) waiting();
    const Signs signs = look(directory, path, grows);
    if (last != signs) {
      last = signs;
      since = Clock::now();
    }
    const Clock::time_point now = Clock::now();
    if (now - since >= patience || (end && now >= *end)) return std::optional<Fd>();
    sleep_for(pause);
  }
}

void show_life(int lock) noexcept {
  // Not sys::set_times(): the transferring thread calls this inside C libraries. That it fails is
  // no news to the holder; who waits loses patience.
  (void)::futimens(lock, nullptr);
}

void LifeSign::show() noexcept {
  constexpr std::int64_t kPause = 1'000'000'000;  // nanoseconds
  const int lock = lock_;
  if (lock < 0) return;
  const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch().count();
  std::int64_t next = next_;
  if (now >= next && next_.compare_exchange_strong(next, now + kPause)) show_life(lock);
}

}  // namespace slipway::fetcher
