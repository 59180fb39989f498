#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <optional>

#include "fetcher/cache/cache_catalog.h"
#include "launcher/base/exit_status.h"
#include "launcher/base/print.h"
#include "launcher/base/say.h"
#include "launcher/command/commands.h"
#include "launcher/command/render_cache.h"
#include "launcher/plan/own_environment.h"
#include "launcher/plan/settings_source.h"
#include "launcher/plan/survey.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"
#include "sandbox/mountinfo.h"

namespace slipway::launcher {

namespace {

struct Answer {
  std::string text;
  int status = 0;
};

Result<Answer> list(const fetcher::Cache& cache, OutputFormat format) {
  const auto items = TRY(fetcher::list_cache(cache));
  const auto trees = TRY(fetcher::list_trees(cache));
  return Answer{format == OutputFormat::kJson ? render_list_json(items, trees)
                                              : render_list_text(items, trees, ::time(nullptr))};
}

Result<Answer> measure(const fetcher::Cache& cache, OutputFormat format) {
  const auto totals = TRY(fetcher::measure_cache(cache));
  return Answer{format == OutputFormat::kJson ? render_totals_json(totals)
                                              : render_totals_text(totals)};
}

Result<Answer> verify(const fetcher::Cache& cache, OutputFormat format) {
  const auto found = TRY(fetcher::verify_cache(cache));
  return Answer{format == OutputFormat::kJson ? render_verification_json(found)
                                              : render_verification_text(found),
                found.damaged.empty() && found.unverified.empty() ? 0 : kExitProblems};
}

Answer answer_of(const fetcher::Swept& swept, OutputFormat format) {
  return {format == OutputFormat::kJson ? render_swept_json(swept) : render_swept_text(swept)};
}

Result<Answer> prune(const fetcher::Cache& cache, OutputFormat format) {
  return answer_of(TRY(fetcher::prune_cache(cache)), format);
}

Result<Answer> clear(const fetcher::Cache& cache, OutputFormat format) {
  return answer_of(TRY(fetcher::clear_cache(cache)), format);
}

// The choices that the command's row offers.
struct ActionRow {
  std::string_view word;
  Result<Answer> (*perform)(const fetcher::Cache& cache, OutputFormat format);
};
constexpr ActionRow kActions[] = {
    {"ls", &list}, {"du", &measure}, {"verify", &verify}, {"prune", &prune}, {"clear", &clear}};

Result<Answer> act(const fetcher::Cache& cache, const Options& options) {
  const auto row = std::ranges::find(kActions, options.file, &ActionRow::word);
  if (row == std::end(kActions)) return Error(cat("nothing is done by ", quote(options.file)));
  return row->perform(cache, options.format);
}

// By hidepid (proc(5)) /proc may hide from a user even processes of that user that are not
// dumpable.
bool shows_all_processes() {
  const auto table = sandbox::read_mountinfo();
  const auto* proc = table ? sandbox::find_enclosing(*table, "/proc") : nullptr;
  return proc != nullptr && std::ranges::none_of(proc->super_options, [](const std::string& each) {
           return each.starts_with("hidepid=");
         });
}

// What is in the cache is its owner's to change, and is parsed here: so root is the owner for good.
// Only where the owner might not see which processes have a tree mounted, which then would be
// removed under them, root stays root and has the owner's rights to files.
Result<std::optional<sandbox::AsUser>> become_owner(const sandbox::User& owner,
                                                    const sandbox::User& caller) {
  if (caller.uid != 0 || owner.uid == 0 || !shows_all_processes()) {
    return std::optional(TRY(sandbox::AsUser::enter(owner)));
  }
  TRY(sandbox::drop_bounding_set());
  TRY(sandbox::become(owner));
  TRY(sandbox::drop_capabilities());
  TRY(sandbox::forbid_new_privileges());
  return std::optional<sandbox::AsUser>();
}

Result<Answer> look_after(const Options& options, const fetcher::CacheLimits& limits) {
  const sandbox::User caller = TRY(sandbox::calling_user());
  const sandbox::User owner = TRY(user_of_options(options, caller));
  const auto place = TRY(survey_cache_place(options, own_environment(), caller, owner));
  if (!place) return Error("there is no place for a cache").hint("give --cache-dir");
  const std::string what = cat("the cache ", quote(place->path.str()));
  auto root = TRY(fetcher::open_cache_place(*place, owner).context(what));
  constexpr char kWhoMakesIt[] = "a launch with \"cache\": true makes it";
  if (!root) return Error(cat(what, " is not there")).hint(kWhoMakesIt);
  const auto as_owner = TRY(become_owner(owner, caller));
  const auto cache =
      TRY(fetcher::Cache::open_existing(*std::move(root), owner.uid, limits).context(what));
  if (!cache) {
    return Error(cat("there is no cache in ", quote(place->path.str()))).hint(kWhoMakesIt);
  }
  return act(*cache, options).context(what);
}

}  // namespace

int command_cache(const Options& options) {
  ::umask(022);  // for records that are written anew: the caller's is not their business
  const auto settings = load_settings(options);
  if (!settings) return kExitProblems;
  const auto answer = look_after(options, settings->cache);
  if (!answer) {
    say(answer.error(), MessageCode::kCache);
    return kExitProblems;
  }
  return print(answer->text) ? answer->status : kExitProblems;
}

}  // namespace slipway::launcher
