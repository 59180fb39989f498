// What is executed: pure values, made from the entry, the options and the survey.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/entry/entry.h"
#include "launcher/plan/options.h"
#include "launcher/plan/survey.h"
#include "sandbox/environment.h"

namespace slipway::launcher {

enum class Lookup {
  kExact,           // `file` is an absolute path
  kSandboxThenPath  // a name or relative path: in the sandbox, then (a bare name) in PATH
};

struct ExecSpec {
  std::string file;  // empty, as argv: nothing is executed
  Lookup lookup = Lookup::kExact;
  std::vector<std::string> argv;
  sandbox::Environment environment;
  // Where it cannot be found or executed; empty: what is usual for an entry's command.
  std::string remedy = {};
};

// An entry without a command and no words: nothing. shell=true: /bin/sh -c value. shell=false:
// value, with argv = arguments verbatim, or {value} where there are none. Words after "--" on the
// command line take the place of both. For a shell without such words: the caller's $SHELL where it
// is an absolute path, else the user's login shell, else /bin/sh; none that only turns people away
// counts (nologin, false).
ExecSpec make_exec_spec(const Entry& entry, const Options& options, const Survey& survey);

// The entry's own command in that environment; nothing where `spec` is it, or there is none.
std::optional<ExecSpec> replaced_command(const Entry& entry, const Options& options,
                                         const ExecSpec& spec);

// True where shell=false and arguments[0], which becomes argv[0], does not look like the name of
// the program: the documented sample of Aurora makes that mistake.
bool first_argument_looks_misplaced(const ProgramCommand& command);

}  // namespace slipway::launcher
