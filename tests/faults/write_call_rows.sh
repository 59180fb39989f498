#!/bin/sh
# usage: write_call_rows.sh COMPILER      the source of call_rows(): every system call that the
# kernel's header for this machine has.
set -eu
cat <<'END'
#include <asm/unistd.h>

#include "tests/faults/call_names.h"

namespace slipway::tests {

const std::vector<CallRow>& call_rows() {
  static const std::vector<CallRow> rows{
END
echo '#include <asm/unistd.h>' | "$1" -E -dM -x c++ - |
  sed -n 's/^#define __NR_\([a-z0-9_]*\) [0-9].*/    {"\1", __NR_\1},/p' | LC_ALL=C sort
cat <<'END'
  };
  return rows;
}

}  // namespace slipway::tests
END
