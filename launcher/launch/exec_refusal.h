// Why a file cannot be executed, in words for whoever has to mend it: looks at the file itself,
// with the rights of this process.
#pragma once

#include <string>

#include "sandbox/base/error.h"

namespace slipway::launcher {

// Whether a shell would read it as a script: there is no NUL in its first line (as in an ELF file
// of another architecture), which is how bash tells them apart. True also where it cannot be read.
bool is_script(const std::string& path);

// Of a file that is there and that access(2) or its kind forbids to execute. `remedy` takes the
// place of what is said of a missing permission; empty: the entry's.
Error refused_file(const std::string& path, const std::string& remedy);

// Of an execve(2) that has failed with `number`.
Error refused_exec(int number, const std::string& path);

}  // namespace slipway::launcher
