#include "launcher/command/commands.h"

namespace slipway::launcher {

int command_shell(const Options& options) {
  Options for_shell = options;
  for_shell.purpose = Purpose::kShell;
  return command_run(for_shell);
}

}  // namespace slipway::launcher
