#include "launcher/doctor/doctor_cache.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <utility>

#include "fetcher/cache/cache.h"
#include "fetcher/cache/cache_room.h"
#include "launcher/doctor/doctor_host.h"
#include "launcher/doctor/doctor_place.h"
#include "launcher/doctor/doctor_sandbox.h"
#include "launcher/plan/survey.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

constexpr char kCache[] = "cache";
constexpr char kKind[] = "cache-file-system";
constexpr char kRoom[] = "cache-space";
constexpr char kReflink[] = "reflink";
constexpr char kElsewhere[] =
    "name a directory of the task's user on a local disk: --cache-dir or SLIPWAY_CACHE_DIR";

// Which rule has led there.
std::string reason(const Options& options, const HostView& host, const fetcher::CachePlace& place) {
  if (place.origin == fetcher::PlaceOrigin::kOperator) {
    return options.cache_dir.empty() ? "SLIPWAY_CACHE_DIR" : "--cache-dir";
  }
  if (place.shared_parent) return host.people.caller.uid == 0 ? "started as root" : "no HOME";
  return std::string(place.variable);
}

struct CacheView {
  HostView host;
  fetcher::CachePlace place;
};

// Who asks for what, and this process with the task's rights. Nothing where there is no cache.
Result<std::optional<CacheView>> view_cache(const Options& options) {
  auto host = TRY(look_around(options));
  auto place =
      TRY(survey_cache_place(options, host.environment, host.people.caller, host.people.task_user));
  TRY(take_task_rights(host.people));
  if (!place) return std::optional<CacheView>();
  return std::optional(CacheView{std::move(host), *std::move(place)});
}

Result<void> check_existing(const CacheView& view) {
  const auto& user = view.host.people.task_user;
  auto opened = TRY(fetcher::open_cache_place(view.place, user));
  if (!opened) return {};
  TRY(fetcher::Cache::open_existing(TRY(sys::duplicate(opened->get())), user.uid));
  return {};
}

// A shared cache of root's making comes with its parents.
bool makes_parents(const CacheView& view) {
  return view.place.shared_parent && view.host.people.caller.uid == 0;
}

Finding judge_place(const Options& options, const CacheView& view, const Place& found) {
  const std::string why = reason(options, view.host, view.place);
  const std::string what = cat(quote(view.place.path.str()), " (", why, ")");
  if (found.state == Place::State::kThere) {
    return ok(kCache, cat(what, ", of ", shown(view.host.people.task_user), " alone"));
  }
  return ok(kCache, cat(what, ", which the first launch makes"));
}

Result<Finding> find_cache(const Options& options, const CacheView& view, const Place& found) {
  TRY(check_existing(view).context(quote(view.place.path.str())));
  if (found.mount.has("ro")) {
    return Error(cat(quote(found.mount.mount_point), " is mounted read-only"));
  }
  if (!makes_parents(view) && !TRY(may_write(found))) {
    return Error(cat(shown(view.host.people.task_user), " may not write to ", quote(found.path)));
  }
  return judge_place(options, view, found);
}

Finding measure_room(const Place& found, const fetcher::CacheLimits& limits, uid_t owner) {
  auto duplicate = sys::duplicate(found.directory.get());
  const auto bounds = duplicate ? fetcher::bounds_of({*std::move(duplicate), owner}, limits)
                                : Result<fetcher::CacheBounds>(duplicate.error());
  if (!bounds) return warn(kRoom, bounds.error().message(), kElsewhere);
  return judge_room(kRoom, {bounds->available, bounds->reserve}, "cache");
}

// By ioctl_ficlone(2), with one block of zeros.
Result<void> clone_between(int from_directory, int into_directory) {
  constexpr int kNameless = O_TMPFILE | O_RDWR;
  const Fd from = TRY(sys::open_at(from_directory, ".", kNameless, 0600));
  const Fd into = TRY(sys::open_at(into_directory, ".", kNameless, 0600));
  constexpr std::array<std::byte, 4096> kBlock{};
  TRY(sys::write_all(from.get(), kBlock));
  if (::ioctl(into.get(), FICLONE, from.get()) == 0) return {};
  return Error::system(errno, "clone a file");
}

Result<Finding> try_reflink(const Options& options) {
  const auto view = TRY(view_cache(options));
  if (!view) return Error("there is no cache");
  const Place cache = TRY(find_place(view->place.path));
  const Place sandbox = TRY(find_place(TRY(sandbox_in_question(options, view->host)).path));
  const auto here = TRY(sys::stat_fd(cache.directory.get()));
  const auto there = TRY(sys::stat_fd(sandbox.directory.get()));
  // A device number tells nothing of btrfs, where each subvolume has its own: the clone does.
  const Apart apart = here.st_dev == there.st_dev ? Apart::kNo : Apart::kYes;
  return judge_reflink(clone_between(cache.directory.get(), sandbox.directory.get()),
                       cache.mount.fs_type, apart);
}

}  // namespace

Finding judge_cache_kind(std::string_view fs_type) {
  if (!is_remote(fs_type)) return ok(kKind, std::string(fs_type));
  return warn(kKind,
              cat(fs_type,
                  " is a file system of another host or program: locks in it (flock) may "
                  "be missing or outlive their holder, and every use waits for it"),
              kElsewhere);
}

Finding judge_unusable_cache(fetcher::PlaceOrigin origin, const Error& why) {
  std::string remedy = why.remedy().empty() ? kElsewhere : why.remedy();
  if (origin == fetcher::PlaceOrigin::kOperator) {
    return fail(kCache, why.message(), std::move(remedy));
  }
  return warn(kCache, cat(why.message(), ": launches go on without a cache"), std::move(remedy));
}

Finding judge_reflink(const Result<void>& cloned, std::string_view fs_type, Apart apart) {
  if (cloned) {
    return ok(kReflink, cat(fs_type, " shares blocks between the cache and the sandbox"));
  }
  const int number = cloned.error().number();
  if (apart == Apart::kYes && number == EXDEV) {
    return ok(kReflink, "none: cache and sandbox are on different file systems; files are copied");
  }
  if (number == EOPNOTSUPP || number == EINVAL || number == ENOTTY || number == EXDEV) {
    return ok(kReflink, cat("none: ", fs_type, " cannot share blocks; files are copied"));
  }
  return warn(kReflink, cat("not tried: ", cloned.error().message()),
              "see to what is said of the cache and the sandbox");
}

std::vector<Finding> examine_cache(const Options& options) {
  if (!who_asks(options)) return {};  // said of the task
  const auto view = view_cache(options);
  if (!view) return {fail(kCache, view.error().message(), kElsewhere)};
  if (!*view) {
    return {warn(kCache,
                 cat("none: there is no HOME or XDG_CACHE_HOME, and no ", fetcher::kSharedCaches,
                     "; everything is fetched anew each time"),
                 cat("--cache-dir or SLIPWAY_CACHE_DIR; or, as root: install -d -m 1777 ",
                     fetcher::kSharedCaches))};
  }
  const auto found = find_place((*view)->place.path);
  const auto usable = found ? find_cache(options, **view, *found) : Result<Finding>(found.error());
  if (!usable) return {judge_unusable_cache((*view)->place.origin, usable.error())};
  const HostView& host = (*view)->host;
  return {*usable, judge_cache_kind(found->mount.fs_type),
          measure_room(*found, host.settings.cache, host.people.task_user.uid)};
}

std::vector<Finding> examine_reflink(const Options& options) {
  if (!who_asks(options)) return {};
  const auto tried = try_reflink(options);
  if (tried) return {*tried};
  return {ok(kReflink, cat("not tried: ", tried.error().message()))};
}

}  // namespace slipway::launcher
