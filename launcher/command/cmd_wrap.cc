// `slipway wrap` and `slipway unwrap`.
#include "launcher/base/exit_status.h"
#include "launcher/base/print.h"
#include "launcher/base/say.h"
#include "launcher/command/commands.h"
#include "launcher/command/wrap.h"
#include "launcher/plan/entry_source.h"

namespace slipway::launcher {

namespace {

// Nothing is written unless everything is fine: the shell has emptied the target by then anyway,
// but a pipe's reader sees no half of a configuration.
int write_out(const Source& source, const Rewritten& rewritten) {
  say_problems(log::Level::kError, rewritten.problems, source.text, source.name);
  say_problems(log::Level::kWarning, rewritten.warnings, source.text, source.name);
  if (!rewritten.problems.empty()) return kExitProblems;
  return print(rewritten.json) ? 0 : kExitProblems;
}

}  // namespace

int command_wrap(const Options& options) {
  const auto source = read_source(options);
  if (!source) return say(source.error(), MessageCode::kFile), kExitProblems;
  const Wrapping wrapping{options.program,
                          options.mounts_only ? Fetching::kByAgent : Fetching::kBySlipway,
                          options.replacement};
  return write_out(*source, wrap(source->text, options.executor, wrapping));
}

int command_unwrap(const Options& options) {
  const auto source = read_source(options);
  if (!source) return say(source.error(), MessageCode::kFile), kExitProblems;
  return write_out(*source, unwrap(source->text, options.executor));
}

}  // namespace slipway::launcher
