#include "launcher/commands.h"

#include "launcher/exit_status.h"

namespace slipway::launcher {

namespace {

constexpr CommandRow kCommands[] = {
    {"run", "[FILE|-] [options] [-- COMMAND…]", "fetch, mount and run the executor of an entry",
     kRunBit, kExitSlipwayFailed, &command_run},
    {"plan", "[FILE|-] [options] [-- COMMAND…]", "show what run would do, and why; do nothing",
     kPlanBit, kExitUsage, &command_plan},
    {"shell", "[FILE|-|SANDBOX] [options] [-- COMMAND…]",
     "prepare as run does, or reopen an earlier sandbox, then an interactive shell", kShellBit,
     kExitSlipwayFailed, &command_shell},
    {"cache", "ls|du|verify|prune|clear [options]", "look after the cache", kCacheBit, kExitUsage,
     &command_cache},
};

}  // namespace

std::span<const CommandRow> commands() {
  return kCommands;
}

const CommandRow* find_command(std::string_view name) {
  for (const CommandRow& row : kCommands) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace slipway::launcher
