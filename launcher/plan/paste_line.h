// The line that does at a shell's prompt what execve(2) would do. Pure.
#pragma once

#include <string>
#include <string_view>

#include "launcher/plan/exec_spec.h"
#include "sandbox/path.h"

namespace slipway::launcher {

// A word that bash reads back as these bytes, on one line and without a byte that a terminal might
// obey: as shell_quote(), and with control characters, or bytes that are not UTF-8, as $'…'.
std::string paste_word(std::string_view word);

struct PasteLine {
  std::string text;
  bool needs_bash = false;  // $'…' and exec -a are not known to every sh
};

// `path`: the program that `spec` names, as it was found. A program in the sandbox, which is the
// shell's directory, becomes ./NAME; where argv[0] has another last component than what is typed,
// the line is "(exec -a ARGV0 PROGRAM …)".
PasteLine paste_line(const ExecSpec& spec, const std::string& path,
                     const sandbox::AbsolutePath& sandbox_dir);

}  // namespace slipway::launcher
