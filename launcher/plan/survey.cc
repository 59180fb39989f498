#include "launcher/plan/survey.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <memory>

#include "fetcher/cache/cache.h"
#include "fetcher/cache/cache_key.h"
#include "fetcher/cache/tree_record.h"
#include "fetcher/transfer/network_secrets.h"
#include "fetcher/transfer/transport_file.h"
#include "launcher/plan/overlay_survey.h"
#include "launcher/plan/own_environment.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/link_walk.h"
#include "sandbox/private_dir.h"

namespace slipway::launcher {

namespace {

using sandbox::AbsolutePath;

constexpr std::size_t kEnvFileLimit = std::size_t{4}
                                      << 20;  // bytes; more than execve(2) would take

std::string lookup(const std::map<std::string, std::string>& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

Result<AbsolutePath> canonical(const std::string& path) {
  struct Free {
    void operator()(char* text) const { ::free(text); }
  };
  const std::unique_ptr<char, Free> real(::realpath(path.c_str(), nullptr));
  if (!real) {
    const int number = errno;
    return Error::system(number, cat("resolve ", quote(path)));
  }
  return AbsolutePath::parse(real.get());
}

Result<sandbox::User> become_wanted(const std::string& wanted, std::string_view origin,
                                    const sandbox::User& caller) {
  auto user = TRY(sandbox::find_user(wanted).context(origin).as(MessageCode::kUser));
  if (caller.uid != 0 && user.uid != caller.uid) {
    return Error(
               cat(origin, " asks for ", quote(wanted), ", but only root can run as somebody else"))
        .hint("start slipway as root, or leave the user out")
        .as(MessageCode::kUser);
  }
  return caller.uid == 0 && user.uid != 0 ? user : caller;
}

// -u, else the entry's command.user; the caller where neither says anything.
Result<sandbox::User> choose_user(const Entry& entry, const Options& options,
                                  const sandbox::User& caller) {
  if (!options.user.empty() || !entry.user) return user_of_options(options, caller);
  return become_wanted(*entry.user, "the entry's command.user", caller);
}

std::string random_suffix() {
  static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  unsigned char bytes[8] = {};
  if (::getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes)) {
    bytes[0] =
        static_cast<unsigned char>(::getpid());  // a name that is taken is an error, no danger
  }
  std::string out;
  for (const unsigned char byte : bytes) out += kLetters[byte % (sizeof kLetters - 1)];
  return out;
}

// /tmp/slipway-NAME-RANDOM; of the name only what needs no quoting.
Result<SandboxChoice> temporary_sandbox(const std::string& executor) {
  std::string name;
  for (const char c : executor.substr(0, 40)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-';
    name += plain ? c : '_';
  }
  const AbsolutePath tmp = TRY(canonical("/tmp"));
  return SandboxChoice{tmp.child(cat("slipway-", name, '-', random_suffix())),
                       SandboxState::kTemporary};
}

Result<std::string> absolute(const std::string& path) {
  if (path.empty() || path.front() == '/') return path;
  return TRY(canonical(".")).str() + "/" + path;
}

// Of the directory `real` that `path` led to. Errors: a link on the way is neither root's nor the
// user's; the way leads elsewhere now.
Result<bool> is_users_choice(const std::string& path, const AbsolutePath& real,
                             const sandbox::User& user) {
  auto walk = TRY(sandbox::LinkWalk::begin(user.uid));
  for (const std::string& name : sandbox::names_in(TRY(absolute(path)))) TRY(walk.enter(name));
  const auto meant = TRY(sys::stat_fd(walk.at()));
  const auto found = TRY(sys::stat_at(AT_FDCWD, real.str()));
  if (meant.st_dev != found.st_dev || meant.st_ino != found.st_ino) {
    return Error(cat(quote(path), " was exchanged meanwhile"));
  }
  return walk.is_users_choice();
}

Result<SandboxChoice> named_sandbox(const std::string& path, const sandbox::User& user) {
  if (TRY(sys::find_at(AT_FDCWD, path, 0))) return existing_sandbox(path);
  std::string trimmed = path;
  while (trimmed.size() > 1 && trimmed.back() == '/') trimmed.pop_back();
  const std::size_t slash = trimmed.rfind('/');
  const std::string name = slash == std::string::npos ? trimmed : trimmed.substr(slash + 1);
  const std::string parent = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : trimmed.substr(0, slash);
  const auto clean = TRY(sandbox::SandboxPath::parse(name));
  auto found = canonical(parent);
  if (!found && found.error().is(std::errc::no_such_file_or_directory)) {
    return std::move(found).error().hint(
        cat("only the last directory of --sandbox is made: first make ", quote(parent)));
  }
  const AbsolutePath real = TRY(std::move(found));
  const bool users = TRY(is_users_choice(parent, real, user).context(quote(path)));
  return SandboxChoice{real.child(clean.str()), SandboxState::kToMake, users};
}

Result<void> note_cache_place(const Options& options, const sandbox::User& caller, Survey& survey) {
  if (options.no_cache) {
    survey.no_cache_reason = "--no-cache";
    return {};
  }
  survey.cache = TRY(survey_cache_place(options, survey.environment, caller, survey.task_user));
  if (!survey.cache)
    survey.no_cache_reason = "there is no HOME or XDG_CACHE_HOME, and no /var/cache/slipway";
  return {};
}

// Whether the cache has the archive unpacked, by the rules that would hold now.
bool has_tree(const fetcher::Cache& cache, const fetcher::UriRequest& request,
              const std::string& sha256, const fetcher::ExtractLimits& limits) {
  if (request.treatment != fetcher::Treatment::kExtract) return false;
  const auto destination = fetcher::destination_of(request);
  if (!destination) return false;
  const auto format = fetcher::archive_format_of(destination->name());
  if (!format) return false;
  const auto key = fetcher::tree_key(sha256, *format, destination->name(), limits);
  return cache.directory().has_directory(fetcher::in("trees", key));
}

// Of what the clock has not reached yet, because it was set back, nothing is known: it is too old
// for every ttl. Two hosts' clocks differ by some seconds.
std::chrono::seconds age_of(std::int64_t fetched_at) {
  constexpr std::int64_t kSkew = 60;
  const std::int64_t now = ::time(nullptr);
  if (fetched_at > now + kSkew) return std::chrono::seconds::max();
  return std::chrono::seconds(std::max<std::int64_t>(0, now - fetched_at));
}

std::optional<fetcher::CachedCopy> look_up(const fetcher::Cache& cache,
                                           const fetcher::UriRequest& request,
                                           const fetcher::ExtractLimits& limits) {
  const fetcher::Uri& uri = request.uri;
  const auto entry = cache.find(fetcher::cache_key(uri));
  if (!entry || !cache.open_object(*entry)) return std::nullopt;
  fetcher::CachedCopy copy;
  copy.generation = entry->generation;
  copy.age = age_of(entry->fetched_at);
  copy.has_validator = !entry->validators.empty();
  copy.has_tree = has_tree(cache, request, entry->sha256, limits);
  if (uri.is_local()) {
    const auto identity = fetcher::file_identity(uri.target());
    copy.local_unchanged = identity && *identity == entry->validators.etag;
  }
  return copy;
}

Result<void> look_into_cache(const Entry& entry, const Options& options, Survey& survey) {
  const auto expect_one = [&]() -> Result<void> {
    if (!options.only_shown) return {};
    return fetcher::expect_cache_place(*survey.cache, survey.task_user);
  };
  auto root = TRY(fetcher::open_cache_place(*survey.cache, survey.task_user));
  if (!root) return expect_one();
  const auto as_user = TRY(sandbox::AsUser::enter(survey.task_user));
  const auto cache = TRY(fetcher::Cache::open_existing(*std::move(root), survey.task_user.uid));
  if (!cache) return expect_one();
  for (std::size_t i = 0; i < entry.uris.size(); ++i) {
    if (entry.uris[i].cache == fetcher::CacheUse::kYes) {
      survey.copies[i] = look_up(*cache, entry.uris[i], survey.settings.extract);
    }
  }
  return {};
}

// What the cache knows. A cache that is not there or cannot be read knows nothing; the fetch stage
// says why, if it cannot use it either. A plan that is only shown says it beforehand.
Result<void> survey_copies(const Entry& entry, const Options& options, Survey& survey) {
  survey.copies.resize(entry.uris.size());
  if (!survey.cache || !wants_cache(entry)) return {};
  auto looked = look_into_cache(entry, options, survey);
  if (looked || !options.only_shown) return {};
  Error error =
      std::move(looked).error().context(cat("the cache ", quote(survey.cache->path.str())));
  if (survey.cache->origin == fetcher::PlaceOrigin::kOperator) return error;
  survey.no_cache_reason = error.message();
  survey.cache.reset();
  return {};
}

// What a launch writes in its sandbox. Slipway's own place may be there already.
enum class Writes { kOwnPlace, kFilesToo };

Result<void> expect_writable(const SandboxChoice& choice, const sandbox::User& caller,
                             const sandbox::User& user, Writes writes) {
  const bool to_make = choice.state == SandboxState::kToMake;
  const AbsolutePath directory = to_make ? choice.path.parent() : choice.path;
  const std::string what = cat("the sandbox ", quote(choice.path.str()));
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  const Fd opened =
      TRY(sys::open_at(AT_FDCWD, directory.str(), O_PATH | O_DIRECTORY).context(what));
  const bool readable = to_make || TRY(sys::may_access(opened.get(), ".", R_OK | X_OK));
  const auto own = sys::find_at(opened.get(), sandbox::kPrivateDir);
  const bool is_there = writes == Writes::kOwnPlace && !to_make && own && *own;
  if (readable && (is_there || TRY(sys::may_access(opened.get(), ".", W_OK | X_OK)))) return {};
  const bool by_root = caller.uid == 0 && root_makes(choice, TRY(sys::stat_fd(opened.get())));
  if (by_root && TRY(sys::may_access(opened.get(), ".", X_OK))) return {};
  return Error(cat(what, ": the task's user may not ", readable ? "write to " : "read ",
                   quote(directory.str())))
      .hint(cat("this says more: slipway doctor --user ",
                user.name.empty() ? cat(user.uid) : user.name, " --sandbox ",
                shell_quote(choice.path.str())));
}

// What `plan` can say beforehand.
Result<void> foresee(const Entry& entry, const SandboxChoice& choice, const Options& options,
                     const sandbox::User& caller, const sandbox::User& user) {
  if (!options.only_shown || choice.state == SandboxState::kTemporary) return {};
  const bool no_files = entry.uris.empty() && options.stdio == sandbox::Stdio::kInherit;
  return expect_writable(choice, caller, user, no_files ? Writes::kOwnPlace : Writes::kFilesToo);
}

Result<std::vector<sandbox::NameValue>> read_env_files(const std::vector<std::string>& files) {
  std::vector<sandbox::NameValue> all;
  for (const std::string& path : files) {
    const Fd file = TRY(sys::open_at(AT_FDCWD, path, O_RDONLY | O_NOCTTY)
                            .context("--env-file")
                            .hint("name a file of NAME=VALUE lines, or /proc/PID/environ"));
    const std::string text =
        TRY(sys::read_to_end(file.get(), kEnvFileLimit).context(cat("--env-file ", quote(path))));
    for (auto& pair : TRY(sandbox::parse_env_file(text).context(cat("--env-file ", quote(path))))) {
      all.push_back(std::move(pair));
    }
  }
  return all;
}

mounts::Privilege privilege_of(const sandbox::User& caller, const sandbox::User& task_user) {
  if (caller.uid != 0) return mounts::Privilege::kOrdinaryUser;
  return task_user.uid == 0 ? mounts::Privilege::kRealRoot : mounts::Privilege::kRootForUser;
}

std::optional<std::string> terminal_of(const std::map<std::string, std::string>& environment) {
  const auto found = environment.find("TERM");
  if (found == environment.end() || ::isatty(STDIN_FILENO) != 1) return std::nullopt;
  return found->second;
}

}  // namespace

Result<sandbox::User> user_of_options(const Options& options, const sandbox::User& caller) {
  if (options.user.empty()) return caller;
  return become_wanted(options.user, "--user", caller);
}

Result<std::optional<fetcher::CachePlace>> survey_cache_place(
    const Options& options, const std::map<std::string, std::string>& environment,
    const sandbox::User& caller, const sandbox::User& task_user) {
  fetcher::CacheSurroundings around;
  around.operator_dir = TRY(absolute(
      options.cache_dir.empty() ? lookup(environment, "SLIPWAY_CACHE_DIR") : options.cache_dir));
  around.started_as_root = caller.uid == 0;
  around.shared_parent_exists = sys::is_directory(fetcher::kSharedCaches);
  around.xdg_cache_home = lookup(environment, "XDG_CACHE_HOME");
  const std::string home = lookup(environment, "HOME");
  if (sys::is_directory(home)) around.home = home;
  return fetcher::choose_cache_place(around, task_user.uid);
}

namespace {

Result<bool> is_same(const std::string& one, const std::string& other) {
  const auto first = TRY(sys::find_at(AT_FDCWD, one, 0));
  const auto second = TRY(sys::find_at(AT_FDCWD, other, 0));
  return first && second && first->st_dev == second->st_dev && first->st_ino == second->st_ino;
}

// Whether an agent that shows `announced` shows `sandbox`; true also where nobody can tell.
bool may_be_in(const AbsolutePath& sandbox, const std::string& announced) {
  const auto real = canonical(announced);
  if (!real) return !real.error().is(std::errc::no_such_file_or_directory);
  const auto same = is_same(sandbox.str(), announced);
  return real->contains(sandbox) || !same || *same;
}

}  // namespace

Result<SandboxChoice> choose_sandbox(const std::string& executor, const Options& options,
                                     const std::map<std::string, std::string>& environment,
                                     const sandbox::User& user) {
  const std::string announced = lookup(environment, "MESOS_SANDBOX");
  if (!options.sandbox.empty()) {
    auto choice = TRY(named_sandbox(options.sandbox, user).context("--sandbox"));
    choice.is_agents = !announced.empty() && may_be_in(choice.path, announced);
    return choice;
  }
  if (announced.empty() || !TRY(is_same(".", announced))) return temporary_sandbox(executor);
  auto choice = TRY(existing_sandbox(announced).context("MESOS_SANDBOX"));
  choice.state = SandboxState::kAgents;
  choice.is_agents = true;
  return choice;
}

bool root_makes(const SandboxChoice& choice, const struct stat& parent) {
  return choice.state == SandboxState::kToMake && !choice.is_users_choice && parent.st_uid == 0 &&
         (parent.st_mode & 022) == 0;
}

Result<SandboxChoice> existing_sandbox(const std::string& path) {
  const AbsolutePath real = TRY(canonical(path));
  const auto found = TRY(sys::stat_at(AT_FDCWD, real.str()));
  if (!S_ISDIR(found.st_mode)) {
    return Error(cat(quote(path), " is not a directory"))
        .hint("name a directory, or a path at which there is nothing yet");
  }
  if (real.is_root()) return Error("the root directory cannot be a sandbox");
  return SandboxChoice{real, SandboxState::kExisting};
}

Result<Survey> survey(const Entry& entry, const Options& options, fetcher::Settings settings) {
  const sandbox::User caller = TRY(sandbox::calling_user());
  sandbox::User task_user = TRY(choose_user(entry, options, caller));
  const auto privilege = privilege_of(caller, task_user);
  auto environment = own_environment();
  auto env_files = TRY(read_env_files(options.env_files).as(MessageCode::kEnvFile));
  auto sandbox_choice =
      TRY(choose_sandbox(entry.name, options, environment, task_user).as(MessageCode::kSandbox));
  Survey out{std::move(task_user),
             privilege,
             std::move(environment),
             std::move(env_files),
             std::move(sandbox_choice),
             {},
             {},
             {},
             {}};
  TRY(fetcher::read_network_secrets(entry.uris, settings).as(MessageCode::kSettings));
  out.settings = std::move(settings);
  TRY(note_cache_place(options, caller, out).as(MessageCode::kCache));
  TRY(foresee(entry, out.sandbox, options, caller, out.task_user).as(MessageCode::kSandbox));
  TRY(survey_copies(entry, options, out).as(MessageCode::kCache));
  survey_overlay(entry, options, out);
  if (options.purpose == Purpose::kFetch) return out;  // nothing will be mounted
  out.mounts = mounts::survey_volumes(entry.volumes, out.task_user, out.sandbox.path);
  return out;
}

Result<Survey> survey_again(const Entry& record, const Options& options, SandboxChoice sandbox,
                            sandbox::User owner, const sandbox::User& caller) {
  const auto privilege = privilege_of(caller, owner);
  auto environment = own_environment();
  auto env_files = TRY(read_env_files(options.env_files).as(MessageCode::kEnvFile));
  Survey out{std::move(owner),
             privilege,
             std::move(environment),
             std::move(env_files),
             std::move(sandbox),
             {},
             "nothing is fetched",
             {},
             {}};
  out.mounts = mounts::survey_volumes(record.volumes, out.task_user, out.sandbox.path);
  out.copies.resize(record.uris.size());
  out.reopened = true;
  out.has_overlays = TRY(sandbox_has_overlays(out.sandbox.path, out.task_user)
                             .context("looking whether there are overlays")
                             .as(MessageCode::kSandbox));
  out.terminal = terminal_of(out.environment);
  return out;
}

}  // namespace slipway::launcher
