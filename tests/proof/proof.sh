#!/bin/bash
# What does not fit into every check: each part in its turn, whatever became of the one before.
# Started by `./dev proof [PART…]`.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
exec </dev/null

readonly logs=build-proof
readonly fuzz_seconds=${SLIPWAY_PROOF_FUZZ_SECONDS:-3600} # for each target

# What has threads: the fetcher's parts. ctest has some of them in shards, NAME_0 ….
readonly threaded="unit_transport unit_archive unit_fetch_core unit_drop_in unit_tree net_tests
  transfer_tests archive_tests materialize_tests mesos_tests"

# PART COMMAND: what `./dev` is told.
parts() {
  cat <<END
gcc        test
clang      test --preset=clang
coverage   coverage
shuffled   test --shuffled
again      test --shuffled
asan       test --preset=asan
tsan       test --preset=tsan -R ^($(tr -s ' \n' '|' <<<"$threaded" | sed 's/|$//'))(_[0-9]+)?\$
valgrind   test valgrind
load       load
faults     faults --full
fuzz       fuzz $fuzz_seconds
END
}

# Of a program that is called otherwise now, ctest says nothing.
all_threaded_ran() {
  local each missing=0
  for each in $threaded; do
    grep -qE " Test +#[0-9]+: ${each}(_[0-9]+)? " "$1" || {
      echo "proof: no test '$each' has run" | tee -a "$1"
      missing=1
    }
  done
  return $missing
}

# One part, with its output in a file of its own; a line in the summary.
perform() {
  local part=$1 start=$SECONDS verdict=passed
  shift
  printf '== %s: ./dev %s > %s/%s.log\n' "$part" "$*" "$logs" "$part"
  ./dev "$@" >"$logs/$part.log" 2>&1 3<&- || verdict=FAILED
  [[ $part != tsan ]] || all_threaded_ran "$logs/$part.log" || verdict=FAILED
  printf '%-10s %-7s %6d s   ./dev %s\n' "$part" "$verdict" $((SECONDS - start)) "$*" |
    tee -a "$logs/summary.txt"
  [[ $verdict == passed ]]
}

check_names() {
  local wanted
  for wanted in "$@"; do
    parts | grep -q "^$wanted " || {
      echo "proof: no part '$wanted'; there are $(parts | cut -d' ' -f1 | paste -sd' ')" >&2
      exit 2
    }
  done
}

main() {
  local part command failed=0
  check_names "$@"
  mkdir -p "$logs"
  printf '%s, %s, %s\n' "$(date -u +%FT%TZ)" "$(git describe --always --dirty 2>/dev/null || echo 'no git')" \
    "$(uname -r)" >"$logs/summary.txt"
  # By a descriptor of its own: whatever a part reads from standard input is not the list.
  while read -r -u 3 part command; do
    (($# == 0)) || [[ " $* " == *" $part "* ]] || continue
    read -ra words <<<"$command"
    perform "$part" "${words[@]}" || failed=1
  done 3< <(parts)
  return $failed
}

main "$@"
