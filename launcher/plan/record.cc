#include "launcher/plan/record.h"

#include "launcher/base/secret_mask.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/json.h"

namespace slipway::launcher {

namespace {

Result<Fd> create(int private_dir) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL;
  auto made = sys::open_at(private_dir, kAttemptFile, kFlags, 0600);
  if (made || !made.error().is(std::errc::file_exists)) return made;
  // Of a launch that was killed: the lock is ours, so nobody is at it.
  TRY(sys::unlink(private_dir, kAttemptFile));
  return sys::open_at(private_dir, kAttemptFile, kFlags, 0600);
}

Result<void> write_attempt(int private_dir, std::string_view text) {
  if (text.size() > sandbox::kJsonMaxBytes) {
    return Error(cat("it would be larger than ", sandbox::kJsonMaxBytes, " bytes"));
  }
  Fd file = TRY(create(private_dir));
  TRY(sys::write_all(file.get(), text));
  return file.close();
}

bool may_be_secret(const sandbox::EnvVariable& variable) {
  if (sandbox::looks_secret(variable.name) || mask_secrets(variable.value) != variable.value) {
    return true;
  }
  switch (variable.source) {
    case sandbox::EnvSource::kInherited:
      return !sandbox::passes_by_default(variable.name);
    case sandbox::EnvSource::kFile:
    case sandbox::EnvSource::kOption:  // perhaps by its name alone
      return true;
    default:
      return false;
  }
}

}  // namespace

EntryText make_record(const Entry& entry, const sandbox::User& user,
                      const sandbox::Environment& environment, Readers readers) {
  Entry resolved = entry;
  resolved.user = user.name.empty() ? cat(user.uid) : user.name;
  resolved.environment.clear();
  LeftOut left_out;
  for (const auto& variable : environment.variables()) {
    if (readers == Readers::kTheAgents && may_be_secret(variable)) {
      ++left_out.variables;
    } else {
      resolved.environment.emplace_back(variable.name, variable.value);
    }
  }
  if (readers == Readers::kTheAgents) {
    left_out.uris = std::erase_if(
        resolved.uris, [](const fetcher::UriRequest& each) { return !each.uri.is_shown_whole(); });
  }
  return write_entry(resolved, left_out);
}

Result<void> note_attempt(int private_dir, const EntryText& record, const sandbox::User& user) {
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  auto written = write_attempt(private_dir, record.json);
  // What cannot be removed is in the error already.
  if (!written) (void)sys::unlink_if_there(private_dir, kAttemptFile);
  return written;
}

Result<void> keep_attempt(int private_dir, const sandbox::User& user) {
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  // ext4 writes a file to the disk at once where it replaces another by rename (auto_da_alloc):
  // that costs twice as much as all the rest. Whoever sees the gap would not get the lock either.
  TRY(sys::unlink_if_there(private_dir, kRecordFile));
  auto kept = sys::rename(private_dir, kAttemptFile, private_dir, kRecordFile);
  // Why it is not there has been said when it could not be written.
  if (!kept && kept.error().is(std::errc::no_such_file_or_directory)) return {};
  return kept;
}

}  // namespace slipway::launcher
