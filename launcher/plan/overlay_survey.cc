#include "launcher/plan/overlay_survey.h"

#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>

#include "fetcher/work/overlays.h"
#include "launcher/base/say.h"
#include "launcher/plan/plan_settings.h"
#include "mounts/trial.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/private_dir.h"

namespace slipway::launcher {

namespace {

// File systems on which the kernel lets no overlay write, and those of which nobody knows.
struct Unfit {
  long magic;
  std::string_view name;
};
constexpr long kNfs = 0x6969;
constexpr long kFuse = 0x65735546;
constexpr long kCifs = 0xff534d42;  // of SMB 1
constexpr long kSmb2 = 0xfe534d42;
constexpr long kV9fs = 0x01021997;
constexpr Unfit kUnfit[] = {{0x794c7630, "an overlay itself"},
                            {kNfs, "on NFS"},
                            {kFuse, "on FUSE"},
                            {kCifs, "on CIFS"},
                            {kSmb2, "on CIFS"},
                            {kV9fs, "on 9p"}};

bool may_have_overlays(const Entry& entry) {
  return std::ranges::any_of(entry.uris, [](const fetcher::UriRequest& each) {
    return each.cache == fetcher::CacheUse::kYes && each.treatment == fetcher::Treatment::kExtract;
  });
}

// Where it is, or will be made.
std::string why_unfit(const SandboxChoice& sandbox) {
  struct statfs found {};
  if (::statfs(sandbox.path.str().c_str(), &found) != 0 &&
      ::statfs(sandbox.path.parent().str().c_str(), &found) != 0) {
    return {};
  }
  for (const Unfit& each : kUnfit) {
    if (static_cast<long>(found.f_type) == each.magic) return cat("the sandbox is ", each.name);
  }
  return {};
}

std::string outcome_of(mounts::Privilege privilege) {
  const auto tried = mounts::try_volumes(privilege);
  if (!tried) return text_of(tried.error());
  return tried->no_overlay ? text_of(*tried->no_overlay) : std::string();
}

// Namespaces cannot be left again, so a child enters them.
Result<std::string> try_overlay(mounts::Privilege privilege) {
  constexpr std::size_t kMostText = 4096;
  auto [from, to] = TRY(sys::make_pipe());
  const pid_t child = ::fork();
  if (child < 0) return Error::system(errno, "fork");
  if (child == 0) {
    const std::string text = outcome_of(privilege).substr(0, kMostText);
    ::_exit(sys::write_all(to.get(), text + '\n') ? 0 : 1);
  }
  to.reset();
  auto text = sys::read_to_end(from.get(), kMostText + 1);
  (void)sys::wait_for(child).has_value();
  if (!text) return std::move(text).error();
  if (text->empty()) return Error("trying an overlay ended unexpectedly");
  text->pop_back();
  return text;
}

// Who mounts finds the cache by the path that overlays.json has, which is JSON.
bool can_be_noted(const fetcher::CachePlace& place, const sandbox::User& user) {
  if (!is_utf8(place.path.str())) return false;
  const auto root = fetcher::open_cache_place(place, user);
  if (!root || !*root) return true;
  const auto path = sys::read_link(AT_FDCWD, sys::path_of((*root)->get()));
  return !path || is_utf8(*path);
}

std::string why_no_overlay(const Options& options, const Survey& survey) {
  if (!survey.cache) return "there is no cache";
  if (options.prefetch) return {};
  if (options.purpose == Purpose::kFetch) return "'slipway fetch' mounts nothing";
  if (!can_be_noted(*survey.cache, survey.task_user)) return "the cache's path is not UTF-8";
  if (auto unfit = why_unfit(survey.sandbox); !unfit.empty()) return unfit;
  const auto ways = settings_in_force(options, survey.settings).materialize;
  if (ways.size() == 1 && !options.only_shown) return {};
  const auto tried = try_overlay(survey.privilege);
  return tried ? *tried : text_of(tried.error());
}

}  // namespace

void survey_overlay(const Entry& entry, const Options& options, Survey& survey) {
  const auto ways = settings_in_force(options, survey.settings).materialize;
  if (ways.front() != fetcher::Way::kOverlay || !may_have_overlays(entry)) return;
  survey.no_overlay = why_no_overlay(options, survey);
}

Result<bool> sandbox_has_overlays(const sandbox::AbsolutePath& sandbox,
                                  const sandbox::User& owner) {
  const auto as_owner = TRY(sandbox::AsUser::enter(owner));
  const auto found = TRY(sys::find_at(
      AT_FDCWD, sandbox.child(sandbox::kPrivateDir).child(fetcher::kOverlaysFile).str()));
  return found.has_value();
}

}  // namespace slipway::launcher
