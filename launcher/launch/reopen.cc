#include "launcher/launch/reopen.h"

#include "launcher/base/say.h"
#include "launcher/entry/entry_json.h"
#include "launcher/plan/entry_source.h"
#include "launcher/plan/record.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/json.h"
#include "sandbox/private_dir.h"

namespace slipway::launcher {

namespace {

using sandbox::AbsolutePath;
using sandbox::User;

constexpr char kPrepareAnew[] = "prepare it anew: slipway shell FILE --sandbox DIR";

// What says where to work or what to see has been decided by the launch that made the sandbox.
Result<void> check_options(const Options& options) {
  const auto refuse = [](std::string_view option) {
    return Error(cat(option, " has no meaning for a sandbox that is reopened"))
        .hint("leave it out; --env and --env-file add to the recorded environment");
  };
  if (!options.sandbox.empty()) return refuse("--sandbox");
  if (options.task_id) return refuse("--task-id");
  if (options.inherit_env) return refuse("--inherit-env");
  if (!options.settings.empty()) return refuse("--settings");
  if (!options.cache_dir.empty()) return refuse("--cache-dir");
  if (options.no_cache) return refuse("--no-cache");
  if (!std::holds_alternative<fetcher::Revalidate>(options.cache_policy)) {
    return refuse("--cache-policy");
  }
  if (options.materialize) return refuse("--materialize");
  if (options.parallel) return refuse("--parallel");
  if (options.retries) return refuse("--retries");
  if (options.stall_timeout) return refuse("--stall-timeout");
  if (options.timeout) return refuse("--timeout");
  if (options.max_size) return refuse("--max-size");
  return {};
}

Result<User> choose_owner(const AbsolutePath& path, const User& caller, const Options& options) {
  const uid_t uid = TRY(sys::stat_at(AT_FDCWD, path.str())).st_uid;
  if (caller.uid != 0 && caller.uid != uid) {
    return Error(cat("it belongs to uid ", uid, ", and only root can reopen somebody else's"))
        .hint("run slipway as that user or as root");
  }
  User owner = uid == caller.uid ? caller : TRY(sandbox::find_user(uid).context("its owner"));
  if (!options.user.empty() && TRY(sandbox::find_user(options.user).context("--user")).uid != uid) {
    return Error(cat("--user asks for ", quote(options.user), ", but it belongs to ",
                     name_of(owner), ", and what is in it is only to be trusted by its owner"))
        .hint("leave --user out");
  }
  return owner;
}

Result<void> check_owner(const struct stat& found, const User& owner, const std::string& what) {
  if (found.st_uid != owner.uid) {
    return Error(cat(what, " belongs to uid ", found.st_uid, ", the sandbox to ", name_of(owner)))
        .hint(kPrepareAnew);
  }
  if ((found.st_mode & 022) != 0) {
    return Error(cat(what, " is writable to others than its owner")).hint(kPrepareAnew);
  }
  return {};
}

// A canonical path has no links, so a link in it was put there since.
Result<Fd> open_sandbox_dir(const AbsolutePath& path, const User& owner) {
  Fd directory = TRY(sys::open_canonical(path.str(), O_PATH | O_DIRECTORY));
  if (TRY(sys::stat_fd(directory.get())).st_uid != owner.uid) {
    return Error("it was replaced just now");
  }
  return directory;
}

Result<Fd> open_private_dir(const Fd& directory, const User& owner) {
  const auto found = TRY(sys::find_at(directory.get(), sandbox::kPrivateDir));
  if (!found) {
    return Error(cat("it is no sandbox of slipway's: there is no ", sandbox::kPrivateDir, " in it"))
        .hint("give the directory that 'slipway run' worked in");
  }
  if (!S_ISDIR(found->st_mode)) {
    return Error(cat(quote(sandbox::kPrivateDir), " in it is not a directory")).hint(kPrepareAnew);
  }
  Fd opened = TRY(sys::open_beneath(directory.get(), sandbox::kPrivateDir, O_PATH | O_DIRECTORY));
  TRY(check_owner(TRY(sys::stat_fd(opened.get())), owner, quote(sandbox::kPrivateDir)));
  return opened;
}

// Looked at by a descriptor that reads nothing, so that a fifo or device is not even opened.
Result<std::string> read_record(const Fd& private_dir, const char* which, const User& owner) {
  const std::string name = quote(cat(sandbox::kPrivateDir, '/', which));
  if (!TRY(sys::find_at(private_dir.get(), which))) {
    return Error(cat("there is no ", name, " in it: no launch has come as far as that"))
        .hint(kPrepareAnew);
  }
  const Fd held = TRY(sys::open_beneath(private_dir.get(), which, O_PATH).hint(kPrepareAnew));
  const auto found = TRY(sys::stat_fd(held.get()));
  if (!S_ISREG(found.st_mode)) return Error(cat(name, " is no regular file")).hint(kPrepareAnew);
  if (found.st_nlink != 1) return Error(cat(name, " has several names")).hint(kPrepareAnew);
  TRY(check_owner(found, owner, name));
  const Fd file = TRY(sys::reopen(held.get(), O_RDONLY | O_NOCTTY).context(name));
  return TRY(sys::read_to_end(file.get(), sandbox::kJsonMaxBytes).context(name).hint(kPrepareAnew));
}

struct Record {
  const char* file;
  std::string text;
};

// What is shown is the last launch, also one that failed before its files were there; a shell wants
// the one whose files are, where there is any.
Result<Record> read_with_owners_rights(const AbsolutePath& path, const User& owner,
                                       const Options& options) {
  const auto as_owner = TRY(sandbox::AsUser::enter(owner));
  const Fd directory = TRY(open_sandbox_dir(path, owner));
  const Fd private_dir = TRY(open_private_dir(directory, owner));
  const bool attempted = TRY(sys::find_at(private_dir.get(), kAttemptFile)).has_value();
  const bool placed = TRY(sys::find_at(private_dir.get(), kRecordFile)).has_value();
  const char* file = attempted && (options.only_shown || !placed) ? kAttemptFile : kRecordFile;
  auto text = TRY(read_record(private_dir, file, owner));
  return Record{file, std::move(text)};
}

// The keys that are not of the format say something; any other was not written by slipway.
void tell_warnings(std::vector<Problem> warnings, std::string_view text, const std::string& name,
                   const Options& options) {
  const auto take = [&warnings](std::string_view key) {
    return std::erase_if(warnings,
                         [&](const Problem& each) { return each.pointer == cat('/', key); }) != 0;
  };
  if (take(kVariablesLeftOut)) {
    say_warning(
        MessageCode::kWarnRecord,
        "the environment is not complete: what is not UTF-8 is not recorded, and in an agent's "
        "sandbox nothing that may be secret (--env and --env-file add it)");
  }
  if (take(kUrisLeftOut) && options.only_shown) {
    say_warning(MessageCode::kWarnRecord,
                "the URIs are not complete: in an agent's sandbox those with a user name, a "
                "password, a query or a fragment are not recorded");
  }
  say_problems(log::Level::kWarning, warnings, text, name);
}

Result<Entry> parse_record(const Record& record, const AbsolutePath& path, const Options& options) {
  const std::string& text = record.text;
  const std::string name = cat(path.str(), '/', sandbox::kPrivateDir, '/', record.file);
  auto parsed = parse_entries(text);
  say_problems(log::Level::kError, parsed.problems, text, name);
  if (!parsed.problems.empty()) return Error("its record is damaged").hint(kPrepareAnew);
  if (parsed.entries.size() != 1) {
    return Error(cat("its record holds ", parsed.entries.size(), " entries instead of one"))
        .hint(kPrepareAnew);
  }
  tell_warnings(std::move(parsed.warnings), text, name, options);
  return std::move(parsed.entries.front());
}

Result<void> check_record(const Entry& record, const User& owner, const Options& options) {
  if (!options.executor.empty() && options.executor != record.name) {
    return Error(
        cat("it is of the executor ", quote(record.name), ", not of ", quote(options.executor)));
  }
  if (!record.user) {
    return Error("its record names no user: slipway did not write it").hint(kPrepareAnew);
  }
  if (*record.user == owner.name || *record.user == cat(owner.uid)) return {};
  return Error(cat("its record names the user ", quote(*record.user), ", but it belongs to ",
                   name_of(owner), ": the record was altered, or the sandbox given away"))
      .hint(kPrepareAnew);
}

// They have been fetched, or were not to be had.
void go_without_uris(Entry& record, const Record& read) {
  if (std::string_view(read.file) == kAttemptFile) {
    say_warning(MessageCode::kWarnRecord,
                "the launch in this sandbox got no files, and it is reopened without them "
                "('slipway report' says why)");
  }
  record.uris.clear();
}

Result<Reopened> reopen_at(SandboxChoice choice, const Options& options) {
  User caller = TRY(sandbox::calling_user());
  User owner = TRY(choose_owner(choice.path, caller, options));
  const Record read = TRY(read_with_owners_rights(choice.path, owner, options));
  Entry record = TRY(parse_record(read, choice.path, options));
  TRY(check_record(record, owner, options));
  if (!options.only_shown) go_without_uris(record, read);
  return Reopened{std::move(record), std::move(choice), std::move(owner), std::move(caller)};
}

Result<Reopened> find_and_reopen(const Options& options) {
  TRY(check_options(options));
  auto choice = TRY(existing_sandbox(options.file));
  const std::string doing = cat("reopening the sandbox ", quote(choice.path.str()));
  return reopen_at(std::move(choice), options).context(doing);
}

}  // namespace

bool names_sandbox(const Options& options) {
  if (options.purpose != Purpose::kShell && !options.only_shown) return false;
  if (options.file.empty() || options.file == "-") return false;
  const auto found = sys::find_at(AT_FDCWD, options.file, 0);
  return found && *found && S_ISDIR((*found)->st_mode);
}

std::optional<Reopened> reopen(const Options& options) {
  auto reopened = find_and_reopen(options);
  if (!reopened) {
    say(reopened.error(), MessageCode::kReopen);
    return std::nullopt;
  }
  if (options.only_shown) return *std::move(reopened);
  log::info(cat("reopening the sandbox ", quote(reopened->sandbox.path.str()), " as ",
                name_of(reopened->owner)));
  return *std::move(reopened);
}

}  // namespace slipway::launcher
