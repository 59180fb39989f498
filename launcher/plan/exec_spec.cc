#include "launcher/plan/exec_spec.h"

#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

using sandbox::Environment;
using sandbox::EnvSource;

ExecSpec program(const std::string& file, std::vector<std::string> argv) {
  ExecSpec spec;
  spec.file = file;
  spec.lookup = file.starts_with('/') ? Lookup::kExact : Lookup::kSandboxThenPath;
  spec.argv = std::move(argv);
  return spec;
}

bool is_shell(const std::string& path) {
  const std::string_view name = after_last_slash(path);
  return path.starts_with('/') && !name.empty() && name != "nologin" && name != "false";
}

std::string choose_shell(const Survey& survey) {
  const auto callers = survey.environment.find("SHELL");
  if (callers != survey.environment.end() && is_shell(callers->second)) return callers->second;
  return is_shell(survey.task_user.shell) ? survey.task_user.shell : "/bin/sh";
}

// Nothing, a spec without argv, where the entry has no command.
ExecSpec own_command(const Entry& entry) {
  if (std::holds_alternative<NoCommand>(entry.command)) return {};
  if (const auto* shell = std::get_if<ShellCommand>(&entry.command)) {
    // Mesos looks `sh` up, in the sandbox first; an absolute path cannot be planted there.
    return program("/bin/sh", {"/bin/sh", "-c", shell->line});
  }
  const auto& command = std::get<ProgramCommand>(entry.command);
  // An empty argv would be legal for Mesos; programs crash on it.
  return program(command.value,
                 command.arguments.empty() ? std::vector{command.value} : command.arguments);
}

ExecSpec command_of(const Entry& entry, const Options& options, const Survey& survey) {
  if (!options.replacement.empty()) {
    ExecSpec spec = program(options.replacement.front(), options.replacement);
    spec.remedy = "it is the command after '--'";
    return spec;
  }
  if (options.purpose == Purpose::kRun) return own_command(entry);
  const std::string shell = choose_shell(survey);
  ExecSpec spec = program(shell, {shell});
  spec.remedy = "set SHELL to one that the task's user can execute, or give a command after '--'";
  return spec;
}

void set_account(Environment& environment, const sandbox::User& user) {
  if (user.name.empty()) return;
  environment.set("USER", user.name, EnvSource::kAccount);
  environment.set("LOGNAME", user.name, EnvSource::kAccount);
  if (!user.home.empty()) environment.set("HOME", user.home, EnvSource::kAccount);
  if (!user.shell.empty()) environment.set("SHELL", user.shell, EnvSource::kAccount);
}

void set_inherited(Environment& environment, const Options& options, const Survey& survey) {
  for (const auto& [name, value] : survey.environment) {
    const bool passes =
        options.inherit_env ? !name.starts_with("SLIPWAY_") : sandbox::passes_by_default(name);
    if (passes) environment.set(name, value, EnvSource::kInherited);
  }
  // Somebody else's HOME is no use to a user that root becomes.
  if (!options.inherit_env || survey.privilege == mounts::Privilege::kRootForUser) {
    set_account(environment, survey.task_user);
  }
  if (environment.find("PATH") == nullptr) {
    environment.set("PATH", sandbox::kDefaultPath, EnvSource::kDefault);
  }
}

void set_own(Environment& environment, const Entry& entry, const Options& options,
             const Survey& survey) {
  // In an agent's sandbox both are set already, and with a container image they differ.
  const bool from_agent = survey.sandbox.state == SandboxState::kAgents;
  for (const char* name : {"MESOS_SANDBOX", "MESOS_DIRECTORY"}) {
    if (from_agent && environment.find(name) != nullptr) continue;
    environment.set(name, survey.sandbox.path.str(), EnvSource::kSlipway);
  }
  if (options.task_id) {
    environment.set("MESOS_EXECUTOR_ID", entry.task_prefix + *options.task_id, EnvSource::kSlipway);
  } else if (entry.executor_id && environment.find("MESOS_EXECUTOR_ID") == nullptr) {
    environment.set("MESOS_EXECUTOR_ID", *entry.executor_id, EnvSource::kSlipway);
  }
  if (entry.resources.cpus) {
    environment.set("SLIPWAY_CPUS", text_of(*entry.resources.cpus), EnvSource::kSlipway);
  }
  if (entry.resources.mem_mb) {
    environment.set("SLIPWAY_MEM_MB", cat(*entry.resources.mem_mb), EnvSource::kSlipway);
  }
}

}  // namespace

ExecSpec make_exec_spec(const Entry& entry, const Options& options, const Survey& survey) {
  ExecSpec spec = command_of(entry, options, survey);
  Environment& environment = spec.environment;
  if (!survey.reopened) {
    set_inherited(environment, options, survey);
    set_own(environment, entry, options, survey);
  }
  for (const auto& [name, value] : entry.environment)
    environment.set(name, value, EnvSource::kEntry);
  if (survey.terminal) environment.set("TERM", *survey.terminal, EnvSource::kInherited);
  for (const auto& [name, value] : survey.env_files) {
    // A file may be the environment of slipway itself, or of another one.
    if (name != kEntryVariable) environment.set(name, value, EnvSource::kFile);
  }
  for (const EnvRequest& request : options.env) {
    if (request.value) {
      environment.set(request.name, *request.value, EnvSource::kOption);
    } else if (const auto found = survey.environment.find(request.name);
               found != survey.environment.end() && request.name != kEntryVariable) {
      environment.set(request.name, found->second, EnvSource::kOption);
    }
  }
  return spec;
}

std::optional<ExecSpec> replaced_command(const Entry& entry, const Options& options,
                                         const ExecSpec& spec) {
  if (options.purpose == Purpose::kRun && options.replacement.empty()) return std::nullopt;
  if (std::holds_alternative<NoCommand>(entry.command)) return std::nullopt;
  ExecSpec own = own_command(entry);
  own.environment = spec.environment;
  return own;
}

bool first_argument_looks_misplaced(const ProgramCommand& command) {
  if (command.arguments.empty()) return false;
  return after_last_slash(command.arguments.front()) != after_last_slash(command.value);
}

}  // namespace slipway::launcher
