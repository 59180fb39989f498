#include "fetcher/mesos/mesos_flags.h"

#include <algorithm>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

struct FlagRow {
  std::string_view name;
  std::string_view help;
};
constexpr FlagRow kFlags[] = {
    {"help", "prints this"},
    {"quiet", "tells errors only"},
    {"logging_level", "INFO (default), WARNING or ERROR"},
    {"external_log_file", "taken, and means nothing here"},
    {"initialize_driver_logging", "taken, and means nothing here"},
    {"log_dir", "taken, and means nothing here"},
    {"logbufsecs", "taken, and means nothing here"},
};

bool is_true(std::string_view value) {
  return value.empty() || value == "true" || value == "1";
}

void apply(MesosFlags& flags, std::string_view name, std::string_view value) {
  if (name == "quiet" && is_true(value)) flags.threshold = log::Level::kError;
  if (name != "logging_level" || flags.threshold == log::Level::kError) return;
  if (value == "WARNING") flags.threshold = log::Level::kWarning;
  if (value == "ERROR") flags.threshold = log::Level::kError;
}

void apply_environment(MesosFlags& flags, std::string_view (*variable)(const char* name)) {
  if (const auto quiet = variable("MESOS_QUIET"); !quiet.empty()) apply(flags, "quiet", quiet);
  apply(flags, "logging_level", variable("MESOS_LOGGING_LEVEL"));
}

}  // namespace

MesosInvocation parse_mesos_flags(std::span<const std::string_view> arguments,
                                  std::string_view (*variable)(const char* name)) {
  MesosFlags flags;
  apply_environment(flags, variable);
  for (const std::string_view argument : arguments) {
    std::string_view name = argument.substr(0, argument.find('='));
    const std::string_view value = argument.substr(std::min(name.size() + 1, argument.size()));
    if (!name.starts_with("--")) return MesosMisuse{cat("unexpected argument ", quote(argument))};
    name.remove_prefix(2);
    const bool negated = name.starts_with("no-");
    if (negated) name.remove_prefix(3);
    if (std::ranges::find(kFlags, name, &FlagRow::name) == std::end(kFlags)) {
      return MesosMisuse{cat("unknown flag ", quote(argument.substr(0, argument.find('='))))};
    }
    if (name == "help" && !negated) return MesosHelp{};
    if (!negated) apply(flags, name, value);
  }
  return flags;
}

std::string mesos_usage() {
  std::string out =
      "Usage: slipway-fetcher [flags]\n\n"
      "Does the work of mesos-fetcher: fetches what the environment variable MESOS_FETCHER_INFO "
      "says (JSON of\n"
      "Mesos's FetcherInfo). A Mesos agent starts it as LAUNCHER_DIR/mesos-fetcher. Without that "
      "variable it is\n"
      "started by slipway, and takes its orders from standard input.\n\n"
      "Flags, which may also be set as MESOS_FLAG in the environment:\n";
  for (const FlagRow& row : kFlags) {
    std::string name = cat("  --", row.name);
    name.append(name.size() < 31 ? 31 - name.size() : 1, ' ');
    out += cat(name, row.help, '\n');
  }
  return out +
         "\nExit status: 0 everything was fetched; 1 something was not, and nothing is placed.\n";
}

}  // namespace slipway::fetcher
