// `slipway wrap` and `slipway unwrap`.
#include "launcher/base/print.h"
#include "launcher/base/say.h"
#include "launcher/command/commands.h"
#include "launcher/command/wrap.h"
#include "launcher/plan/entry_source.h"

namespace slipway::launcher {

namespace {

constexpr int kExitProblem = 1;

// Nothing is written unless everything is fine: the shell has emptied the target by then anyway,
// but a pipe's reader sees no half of a configuration.
int write_out(const Source& source, const Rewritten& rewritten) {
  say_problems(log::Level::kError, rewritten.problems, source.text, source.name);
  say_problems(log::Level::kWarning, rewritten.warnings, source.text, source.name);
  if (!rewritten.problems.empty()) return kExitProblem;
  return print(rewritten.json) ? 0 : kExitProblem;
}

}  // namespace

int command_wrap(const Options& options) {
  const auto source = read_source(options);
  if (!source) return say(source.error(), MessageCode::kFile), kExitProblem;
  const Wrapping wrapping{options.program,
                          options.mounts_only ? Fetching::kByAgent : Fetching::kBySlipway,
                          options.replacement};
  return write_out(*source, wrap(source->text, options.executor, wrapping));
}

int command_unwrap(const Options& options) {
  const auto source = read_source(options);
  if (!source) return say(source.error(), MessageCode::kFile), kExitProblem;
  return write_out(*source, unwrap(source->text, options.executor));
}

}  // namespace slipway::launcher
