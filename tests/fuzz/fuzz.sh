#!/bin/bash
# Runs the fuzzers, which stand in build-fuzz/. Started by `./dev fuzz`, whose help says with what.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

# What fuzzing finds worth keeping, and runs.tsv, how long that took. It begins with what was kept in the
# repository, TARGET.tar.xz, and `./dev fuzz --keep` puts it there.
readonly fuzz_corpus=build-fuzz-corpus
readonly kept=tests/fuzz/corpus

# The rows of the table: TARGET LONGEST-INPUT WORDS…
fuzz_table() { grep -v '^#' tests/fuzz/targets.txt; }

write_seeds() {
  fuzz_table | cut -d' ' -f1 | xargs build-fuzz/fuzz/fuzz_seeds . build-fuzz/seeds
}

# unpack_kept TARGET: what others' hours have found, once.
unpack_kept() {
  [[ ! -d $fuzz_corpus/$1 ]] || return 0
  mkdir -p "$fuzz_corpus/$1"
  [[ ! -f $kept/$1.tar.xz ]] || tar -xJf "$kept/$1.tar.xz" -C "$fuzz_corpus/$1"
}

# pack_kept TARGET: the same bytes from the same inputs, wherever and whenever.
pack_kept() {
  mkdir -p "$kept"
  tar -C "$fuzz_corpus/$1" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -c . |
    xz -9e -T1 >"$kept/$1.tar.xz"
}

# fuzz_one TARGET LONGEST-INPUT SECONDS: coverage-guided, from where the runs before have come to. What is
# recorded is the processor's time: a busy machine fuzzes little in an hour.
fuzz_one() {
  local target=$1 log=build-fuzz/logs/$1.log status=0 words=() spent TIMEFORMAT='%U %S'
  mkdir -p build-fuzz/logs build-fuzz/findings
  unpack_kept "$target"
  [[ ! -f build-fuzz/seeds/$target.dict ]] || words=(-dict="build-fuzz/seeds/$target.dict")
  {
    time "build-fuzz/fuzz/$target" -max_total_time="$3" -max_len="$2" -timeout=20 -print_final_stats=1 \
      "${words[@]}" "${seed[@]}" -artifact_prefix="build-fuzz/findings/$target-" \
      "$fuzz_corpus/$target" "build-fuzz/seeds/$target" >"$log" 2>&1 || status=$?
  } 2>"$log.time"
  spent=$(awk '{ print $1 + $2 }' "$log.time")
  python3 tests/fuzz/record.py add "$fuzz_corpus/runs.tsv" "$target" "$log" "$spent"
  if ((status == 0)); then
    echo "$target: nothing found in $spent s; $(grep -aE '^#[0-9]+\s+DONE' "$log")"
    return
  fi
  tail -n 40 "$log"
  echo "$target: FOUND something. Mend it, and keep the input in tests/fuzz/regressions/$target/"
  return 1
}

# fuzz_all JOBS SECONDS [TARGET]
fuzz_all() {
  local jobs=$1 seconds=$2 wanted=${3:-} running=0 ran=0 failed=0 target longest
  while read -r target longest _; do
    [[ -z $wanted || $target == "$wanted" ]] || continue
    ran=1
    if ((running == jobs)); then
      wait -n || failed=1
      running=$((running - 1))
    fi
    fuzz_one "$target" "$longest" "$seconds" &
    running=$((running + 1))
  done < <(fuzz_table)
  for (( ; running > 0; running--)); do wait -n || failed=1; done
  ((ran)) || {
    echo "fuzz: no target '$wanted'; tests/fuzz/targets.txt has them" >&2
    return 2
  }
  return $failed
}

# Of inputs that reach the same code the shortest stays; these are put into the repository.
keep_corpora() {
  local target longest merged
  while read -r target longest _; do
    unpack_kept "$target"
    echo "== merging $fuzz_corpus/$target: $(find "$fuzz_corpus/$target" -type f | wc -l) inputs"
    rm -rf "$fuzz_corpus/$target.merged"
    mkdir "$fuzz_corpus/$target.merged"
    merged=1
    "build-fuzz/fuzz/$target" -merge=1 -max_len="$longest" "$fuzz_corpus/$target.merged" \
      "$fuzz_corpus/$target" "build-fuzz/seeds/$target" >"$fuzz_corpus/$target.merging" 2>&1 || merged=0
    if ((!merged)) || [[ -z $(ls -A "$fuzz_corpus/$target.merged") ]]; then
      echo "fuzz: merging failed, and $fuzz_corpus/$target stays as it is; see $fuzz_corpus/$target.merging" >&2
      return 1
    fi
    grep -a 'MERGE-OUTER.*successful' "$fuzz_corpus/$target.merging" || :
    rm -r "$fuzz_corpus/$target.merging"
    rm -r "${fuzz_corpus:?}/$target"
    mv "$fuzz_corpus/$target.merged" "$fuzz_corpus/$target"
    pack_kept "$target"
  done < <(fuzz_table)
}

main() {
  local jobs=2
  seed=() # of libFuzzer's choices; one of its own where nothing is said
  if [[ ${1:-} == --seed=* ]]; then
    seed=("-seed=${1#--seed=}")
    shift
  fi
  case ${1:-} in
    --keep)
      write_seeds
      keep_corpora
      python3 tests/fuzz/record.py accept "$fuzz_corpus/runs.tsv"
      return
      ;;
    --record)
      python3 tests/fuzz/record.py show "$fuzz_corpus/runs.tsv"
      return
      ;;
    --jobs=*)
      jobs=${1#--jobs=}
      shift
      ;;
  esac
  write_seeds
  fuzz_all "$jobs" "${1:-60}" "${2:-}"
}

main "$@"
