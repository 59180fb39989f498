#include "launcher/plan/lint.h"

#include <algorithm>

#include "fetcher/plan/fetch_plan.h"
#include "launcher/base/secret_mask.h"
#include "launcher/plan/agent_variables.h"
#include "launcher/plan/exec_spec.h"
#include "sandbox/base/text.h"
#include "sandbox/stdio.h"
#include "sandbox/user.h"

namespace slipway::launcher {

namespace {

using Part = Lint::Part;
using Said = Lint::Said;

void lint_program(const ProgramCommand& program, std::vector<Lint>& lints) {
  if (program.value.find_first_of(" \t") != std::string::npos) {
    lints.push_back({MessageCode::kWarnBlanks, Part::kValue, 0, Said::kAtLaunch,
                     cat(quote(mask_secrets(program.value)),
                         " with its blanks is the program's name, because "
                         "shell is false"),
                     "move the words into arguments, behind the program's name, or say "
                     "\"shell\": true"});
  }
  if (first_argument_looks_misplaced(program)) {
    lints.push_back({MessageCode::kWarnArgv0, Part::kArguments, 0, Said::kAtLaunch,
                     cat("arguments[0] ", quote(mask_secrets(program.arguments.front())),
                         " becomes argv[0] of ", quote(mask_secrets(program.value)),
                         ", not its first argument"),
                     "put the program's name in front of the arguments"});
  }
}

std::vector<std::string_view> words_of(const Command& command) {
  if (const auto* shell = std::get_if<ShellCommand>(&command)) return {shell->line};
  return {};
}

// Only a shell expands variables: an argument that looks like one is a text.
void lint_variables(const Entry& entry, std::vector<Lint>& lints) {
  for (const std::string_view words : words_of(entry.command)) {
    for (const std::string_view name : agent_variables_in(words)) {
      const bool own = std::ranges::any_of(
          entry.environment, [&](const auto& variable) { return variable.first == name; });
      if (own) continue;
      lints.push_back({MessageCode::kWarnAgentVariable, Part::kValue, 0, Said::kWhenChecked,
                       cat("uses $", name,
                           ", which a Mesos agent sets and which is not there when "
                           "slipway is started by hand"),
                       cat("by hand add --env ", name,
                           "=VALUE, or --env-file /proc/PID/environ of a live executor")});
    }
  }
}

void lint_archive(const fetcher::UriRequest& request, const sandbox::SandboxPath& destination,
                  std::size_t index, std::vector<Lint>& lints) {
  const bool is_archive = fetcher::archive_format_of(destination.name()).has_value();
  const std::string uri = quote(request.uri.redacted());
  if (is_archive && request.treatment == fetcher::Treatment::kExecutable) {
    lints.push_back({MessageCode::kWarnExtractExecutable, Part::kUri, index, Said::kAtLaunch,
                     cat(uri, " is executable, so it is not extracted although it is an archive"),
                     "leave executable out to have it extracted, or say \"extract\": false"});
  }
  // Not where extract is true by default only: that would be a warning for every plain file.
  if (!is_archive && request.treatment == fetcher::Treatment::kExtract &&
      request.extract_said == fetcher::Said::kExplicitly) {
    lints.push_back({MessageCode::kWarnNotArchive, Part::kUri, index, Said::kAtLaunch,
                     cat(uri,
                         " is copied and not extracted: its name does not end as an "
                         "archive's does (",
                         fetcher::archive_suffixes(), ")"),
                     "give it an output_file that does, or leave extract out"});
  }
}

void lint_name(const fetcher::UriRequest& request, const sandbox::SandboxPath& destination,
               std::size_t index, std::vector<Lint>& lints) {
  const std::string uri = quote(request.uri.redacted());
  if (!request.output_file && request.uri.file_name() != request.uri.shown_file_name()) {
    lints.push_back({MessageCode::kWarnQueryName, Part::kUri, index, Said::kWhenChecked,
                     cat("the file of ", uri, " will have the query string in its name"),
                     "give it an output_file"});
  }
  if (sandbox::is_output_file(destination)) {
    lints.push_back({MessageCode::kWarnOutputName, Part::kUri, index, Said::kWhenChecked,
                     cat(uri, " is placed at ", quote(destination.str()),
                         ", where an agent and --stdio=sandbox put the executor's output"),
                     "give it another output_file"});
  }
  if (!request.uri.pin() && fetcher::looks_pinned(request.uri.str())) {
    lints.push_back({MessageCode::kWarnFetch, Part::kUri, index, Said::kAtLaunch,
                     cat("what stands behind ", uri,
                         " looks like a checksum and is none: nothing is compared with it"),
                     "write #sha256=HEX or #sha512=HEX"});
  }
  if (request.uri.is_relative()) {
    lints.push_back({MessageCode::kWarnRelative, Part::kUri, index, Said::kWhenChecked,
                     cat(uri, " is a relative path: it is looked for below frameworks_home"),
                     "write the absolute path, or set frameworks_home in the settings"});
  }
}

// An archive that comes through a cache leaves only what is in it.
bool places_file(const fetcher::UriRequest& request, const sandbox::SandboxPath& destination) {
  return request.treatment != fetcher::Treatment::kExtract ||
         request.cache == fetcher::CacheUse::kNo || !fetcher::archive_format_of(destination.name());
}

std::string clash_of(const fetcher::UriRequest& request, const sandbox::SandboxPath& destination,
                     std::size_t other, const sandbox::SandboxPath& others) {
  const std::string uri = quote(request.uri.redacted());
  if (destination == others) {
    return cat(uri, " would be placed where uris[", other,
               "] is: run refuses that, and on an agent the later one wins");
  }
  return cat(uri, " would be placed above or below where uris[", other,
             "] is: that would have to be a file and a directory");
}

void lint_uris(const Entry& entry, std::vector<Lint>& lints) {
  fetcher::Destinations taken;
  for (std::size_t i = 0; i < entry.uris.size(); ++i) {
    const auto destination = fetcher::destination_of(entry.uris[i]);
    if (!destination) continue;
    lint_archive(entry.uris[i], *destination, i, lints);
    lint_name(entry.uris[i], *destination, i, lints);
    if (!places_file(entry.uris[i], *destination)) continue;
    const auto other = taken.claim(*destination, i);
    if (!other) continue;
    lints.push_back({MessageCode::kSamePath, Part::kUri, i, Said::kWhenChecked,
                     clash_of(entry.uris[i], *destination, *other,
                              *fetcher::destination_of(entry.uris[*other])),
                     "give one of them an output_file of its own", true});
  }
}

void lint_user(const Entry& entry, std::vector<Lint>& lints) {
  if (!entry.user) return;
  const auto legal = sandbox::check_user_name(*entry.user);
  if (legal) return;
  lints.push_back({MessageCode::kUser, Part::kUser, 0, Said::kWhenChecked, legal.error().message(),
                   "name a user, or leave it out", true});
}

// Whoever may write there owns the host.
constexpr std::string_view kSystemDirectories[] = {"/bin",   "/boot", "/etc",  "/lib", "/lib32",
                                                   "/lib64", "/root", "/sbin", "/usr"};

void lint_volumes(const Entry& entry, std::vector<Lint>& lints) {
  for (std::size_t i = 0; i < entry.volumes.size(); ++i) {
    const auto first = std::ranges::find(entry.volumes, entry.volumes[i].container_path,
                                         &mounts::VolumeSpec::container_path);
    const auto other = static_cast<std::size_t>(first - entry.volumes.begin());
    if (other != i) {
      lints.push_back({MessageCode::kMountTarget, Part::kVolume, i, Said::kWhenChecked,
                       cat("its container_path is that of volume_mounts[", other,
                           "]: run refuses that, and on an agent the later one hides the other"),
                       "give each volume a container_path of its own", true});
    }
    const std::string& path = entry.volumes[i].host_path.str();
    if (entry.volumes[i].access != mounts::Access::kReadWrite) continue;
    const bool system =
        path == "/" || std::ranges::any_of(kSystemDirectories, [&](std::string_view directory) {
          return path == directory || path.starts_with(cat(directory, '/'));
        });
    if (!system) continue;
    lints.push_back({MessageCode::kWarnSystemVolume, Part::kVolume, i, Said::kWhenChecked,
                     cat("host_path ", quote(path), " belongs to the system, and is mounted RW"),
                     "say RO, or take a directory that belongs to the executor"});
  }
}

}  // namespace

std::vector<Lint> lint(const Entry& entry) {
  std::vector<Lint> lints;
  if (const auto* program = std::get_if<ProgramCommand>(&entry.command)) {
    lint_program(*program, lints);
  }
  lint_variables(entry, lints);
  lint_user(entry, lints);
  lint_uris(entry, lints);
  lint_volumes(entry, lints);
  return lints;
}

}  // namespace slipway::launcher
