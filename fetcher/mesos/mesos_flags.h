// The command line and the logging variables of mesos-fetcher (src/logging/flags.hpp). Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "sandbox/base/log.h"

namespace slipway::fetcher {

struct MesosFlags {
  log::Level threshold = log::Level::kInfo;
};
struct MesosHelp {};
struct MesosMisuse {
  std::string what;
};

// `arguments` without argv[0]. MESOS_QUIET and MESOS_LOGGING_LEVEL, then SLIPWAY_VERBOSE, then the
// flags of the first two's names say how much is told; the other flags of Mesos's logging are taken
// and mean nothing here. `variable` looks a variable of the environment up: "" where it is not set.
using MesosInvocation = std::variant<MesosFlags, MesosHelp, MesosMisuse>;
MesosInvocation parse_mesos_flags(std::span<const std::string_view> arguments,
                                  std::string_view (*variable)(const char* name));

// What --help prints.
std::string mesos_usage();

}  // namespace slipway::fetcher
