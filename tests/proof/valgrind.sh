#!/bin/bash
# The tests of the built programs with those programs under valgrind: no error in any process, and
# no descriptor at an end that nobody closed.
# usage: valgrind.sh BUILD_DIR
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
build=$1

# Not in /tmp: some tests have one of their own.
logs=$(mktemp -d /run/slipway-valgrind.XXXXXX)
trap 'rm -rf "$logs"' EXIT
chmod 1777 "$logs"

status=0
programs=$(python3 "$here/valgrind_exceptions.py" "$build/tests")
while read -r -u 3 program filter; do
  printf '== %s\n' "$program"
  SLIPWAY_TEST_VALGRIND=$logs "$build/tests/$program" --gtest_brief=1 --gtest_filter="$filter" 3<&- || status=1
done 3<<<"$programs"
python3 "$here/valgrind_logs.py" "$logs" || status=1
exit $status
