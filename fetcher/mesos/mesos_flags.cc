#include "fetcher/mesos/mesos_flags.h"

#include <algorithm>
#include <utility>

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

// What is said of the two: whoever speaks later counts, the command line after the environment.
struct Said {
  bool quiet = false;
  std::string_view level = "INFO";
  bool all = false;  // by SLIPWAY_VERBOSE: whatever other variables say
};

void apply(Said& said, std::string_view name, std::string_view value) {
  if (name == "quiet") said.quiet = is_true(value);
  if (name == "logging_level") said.level = value;
}

Said from_environment(std::string_view (*variable)(const char* name)) {
  Said said;
  if (const auto quiet = variable("MESOS_QUIET"); !quiet.empty()) apply(said, "quiet", quiet);
  const auto level = variable("MESOS_LOGGING_LEVEL");
  if (!level.empty()) apply(said, "logging_level", level);
  said.all = variable("SLIPWAY_VERBOSE") == "1";
  return said;
}

// As Mesos, which starts with no other level (logging::initialize).
MesosInvocation judge(const Said& said) {
  constexpr std::pair<std::string_view, log::Level> kLevels[] = {
      {"INFO", log::Level::kInfo},
      {"WARNING", log::Level::kWarning},
      {"ERROR", log::Level::kError},
  };
  for (const auto& [name, level] : kLevels) {
    if (name != said.level) continue;
    if (said.all) return MesosFlags{log::Level::kDebug};
    return MesosFlags{said.quiet ? log::Level::kError : level};
  }
  return MesosMisuse{"the logging level is none of INFO, WARNING and ERROR"};
}

}  // namespace

MesosInvocation parse_mesos_flags(std::span<const std::string_view> arguments,
                                  std::string_view (*variable)(const char* name)) {
  Said said = from_environment(variable);
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
    if (name == "quiet" || name == "logging_level") said.all = false;
    if (!negated || name == "quiet") apply(said, name, negated ? "false" : value);
  }
  return judge(said);
}

std::string mesos_usage() {
  std::string out =
      "Usage: slipway-fetcher [flags]\n\n"
      "Does the work of mesos-fetcher: fetches what the environment variable\n"
      "MESOS_FETCHER_INFO says (JSON of Mesos's FetcherInfo). A Mesos agent starts it\n"
      "as LAUNCHER_DIR/mesos-fetcher. Without that variable it is started by slipway,\n"
      "and takes its orders from standard input.\n\n"
      "Flags (MESOS_QUIET and MESOS_LOGGING_LEVEL in the environment do as well):\n";
  for (const FlagRow& row : kFlags) {
    std::string name = cat("  --", row.name);
    name.append(name.size() < 31 ? 31 - name.size() : 1, ' ');
    out += cat(name, row.help, '\n');
  }
  return out +
         "\nExit status: 0 everything was fetched; 1 something was not, and nothing is\n"
         "placed; 2 without that variable, on a terminal or with words: there is no order.\n";
}

}  // namespace slipway::fetcher
