#!/bin/bash
# Runs the examples as the user who calls it, shows each command with its output, and fails where an
# example does not do what is expected of it.
#
# usage: run-examples.sh [path to slipway]      (default: the one in PATH)
#
# Everything happens in a new directory below /tmp, which is removed at the end.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
slipway=$(command -v "${1:-slipway}") || {
  echo "run-examples: there is no program ${1:-slipway}" >&2
  exit 1
}
slipway=$(readlink -f "$slipway")

dir=$(mktemp -d /tmp/slipway-examples.XXXXXX)
server=
cleanup() {
  if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; fi
  rm -rf "$dir"
}
trap cleanup EXIT
# The same small environment everywhere, and a cache that goes away with the rest.
environment=(PATH=/usr/local/bin:/usr/bin:/bin HOME="${HOME:-/}" LANG=C.UTF-8 SLIPWAY_CACHE_DIR="$dir/cache")

fail() {
  printf '\nrun-examples: NOT AS EXPECTED: %s\n' "$*" >&2
  exit 1
}

# show WORDS…: prints the command, runs it, prints its output and keeps it in $dir/output.
status=0
show() {
  local words=("$@")
  words[0]=$(basename "${words[0]}")
  printf '\n$ %s\n' "${words[*]//$dir\//}"
  status=0
  (cd "$dir" && env -i "${environment[@]}" "$@" </dev/null) >"$dir/output" 2>&1 || status=$?
  sed 's/^/    /' "$dir/output"
}

expect_status() { [[ $status == "$1" ]] || fail "exit status $status instead of $1"; }
expect() { grep -qF -- "$1" "$dir/output" || fail "the output lacks: $1"; }
heading() { printf '\n--- %s\n' "$*"; }

# The small real files that stand in for the paths of the documented sample.
my_executor() {
  if [[ -x $here/my_executor ]]; then
    install -m 0644 "$here/my_executor" "$1"
  else
    "${CXX:-c++}" -std=c++20 -O1 -o "$1" "$here/my_executor.cc"
    chmod 0644 "$1"
  fi
}

make_files() {
  mkdir -p "$dir"/{dist,home/user,path/to/host/directory,host,http,app}
  my_executor "$dir/dist/myExecutor.a"
  echo 'log-level = info' >"$dir/home/user/myConfiguration.config"
  echo 'read me, do not write me' >"$dir/path/to/host/directory/observer.txt"
  echo 'keep' >"$dir/host/data.txt"
  cp "$dir/dist/myExecutor.a" "$dir/http/compose-executor"
  echo 'services: {}' >"$dir/http/compose.yaml"
  echo 'the application' >"$dir/app/application.txt"
  tar -C "$dir" -czf "$dir/http/app.tar.gz" app
}

# fill_in NAME: the example with its places filled in.
fill_in() {
  sed -e "s|@DIR@|$dir|g" -e "s|@HTTP@|${http:-}|g" "$here/$1" >"$dir/$1"
}

start_server() {
  local python=/usr/bin/python3 tries port
  [[ -x $python ]] || python=$(command -v python3) || fail 'python3 is needed to serve the files'
  (
    cd "$dir/http"
    exec "$python" -u -m http.server --bind 127.0.0.1 0 >"$dir/server" 2>"$dir/requests"
  ) &
  server=$!
  for tries in {1..100}; do
    port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$dir/server" 2>/dev/null || true)
    if [[ -n $port ]]; then break; fi
    sleep 0.1
  done
  [[ -n $port ]] || fail "the http server did not start ($tries looks in 10 s)"
  http=http://127.0.0.1:$port
}

# What the host has at the two absolute paths that the volumes get.
host_paths() { stat -c '%n %d %i %Y' /container /path 2>&1 || true; }

documented_sample() {
  heading 'The documented sample: what slipway would do'
  show "$slipway" plan "$dir/documented-sample.json" -e myExecutor --sandbox "$dir/sandbox1"
  expect_status 0
  expect /path/on/container
  heading 'The documented sample: run'
  show "$slipway" run "$dir/documented-sample.json" -e myExecutor --sandbox "$dir/sandbox1" --task-id 1
  expect_status 0
  expect "argv[0] = 'localhost:2181'"
  expect "argv[2] = '-config myConfiguration.config'"
  expect_volumes
  echo
  echo "    The sample takes arguments[0] for the first argument, but it is argv[0]: the program sees"
  echo "    'localhost:2181' as its own name, and '-config myConfiguration.config' as one word."
}

expect_volumes() {
  expect 'cannot write /path/on/container/written-by-my-executor: Read-only file system'
  expect 'wrote /container/written-by-my-executor'
  [[ -f $dir/host/written-by-my-executor ]] || fail 'the write to the RW volume did not reach the host'
  [[ ! -e $dir/path/to/host/directory/written-by-my-executor ]] || fail 'the RO volume was written'
  [[ $(host_paths) == "$host_before" ]] || fail 'the volumes left traces on the host'
  rm "$dir/host/written-by-my-executor"
}

corrected() {
  heading 'The sample corrected: arguments[0] is the name, "-config" and the file are two words'
  show "$slipway" run "$dir/corrected.json" -e myExecutor --sandbox "$dir/sandbox2" --task-id 2
  expect_status 0
  expect "argv[0] = 'myExecutor.a'"
  expect "argv[1] = 'localhost:2181'"
  expect 'myConfiguration.config: log-level = info'
  expect MESOS_EXECUTOR_ID=my-executor-2
  expect_volumes
}

compose_style() {
  heading 'The shape of real deployments: a shell command, three URIs over http, one executable'
  show "$slipway" run "$dir/compose-style.json" --sandbox "$dir/sandbox3" --task-id 3
  expect_status 0
  expect "argv[0] = './compose-executor'"
  expect 'compose.yaml: services: {}'
  [[ -f $dir/sandbox3/app/application.txt ]] || fail 'app.tar.gz was not extracted'
  heading 'Again with --cache-policy=immutable: nothing is asked of the server'
  local before_requests
  before_requests=$(wc -l <"$dir/requests")
  show "$slipway" run "$dir/compose-style.json" --sandbox "$dir/sandbox4" --cache-policy=immutable
  expect_status 0
  [[ $(wc -l <"$dir/requests") == "$before_requests" ]] || fail 'a request was made'
}

bad_entry() {
  heading 'An entry with mistakes: each is named with its place, and nothing is started'
  sed -e 's/"RO"/"ro"/' -e 's/"task_prefix": "my-executor-"/"prefix": "my-executor-"/' \
    "$dir/corrected.json" >"$dir/mistakes.json"
  show "$slipway" run "$dir/mistakes.json" -e myExecutor --sandbox "$dir/sandbox5"
  expect_status 125
  expect /0/volume_mounts/0/mode
  expect task_prefix
  [[ ! -e $dir/sandbox5/myExecutor.a ]] || fail 'something was fetched for a bad entry'
}

host_before=$(host_paths)
mkdir -m 0750 "$dir"/sandbox{1,2,3,4,5}
make_files
start_server
for example in documented-sample corrected compose-style; do fill_in "$example.json"; done
documented_sample
corrected
compose_style
bad_entry
printf '\nAll examples did what is expected of them.\n'
