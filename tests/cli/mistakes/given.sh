# shellcheck shell=sh
# What the cases' `given` can use. It runs as root, in $DIR, with `set -eu`.

# entry COMMAND [URI…]: e.json, which runs the line and fetches the URIs.
entry() {
  line=$1
  shift
  uris=
  for each in "$@"; do uris="$uris${uris:+,}{\"value\":\"$each\"}"; done
  wrapped "\"value\":\"$line\",\"uris\":[$uris]" ''
}

# program PROGRAM [ARGUMENT…]: e.json, which executes it without a shell.
program() {
  name=$1
  arguments=
  for each in "$@"; do arguments="$arguments${arguments:+,}\"$each\""; done
  wrapped "\"value\":\"$name\",\"shell\":false,\"arguments\":[$arguments]" ''
}

# volume HOST CONTAINER MODE: e.json with one volume.
volume() {
  wrapped '"value":"true"' \
    ",\"volume_mounts\":[{\"host_path\":\"$1\",\"container_path\":\"$2\",\"mode\":\"$3\"}]"
}

# wrapped COMMANDINFO REST: e.json.
wrapped() {
  printf '%s\n' "[{\"executor\":{\"name\":\"example\",\"command\":{$1}," \
    '"resources":[]},"task_prefix":"example-"'"$2}]" >e.json
}

# sandbox [WHO]: the directory s, which is theirs.
sandbox() {
  mkdir s
  chown "${1:-root}" s
}

# executable FILE: from standard input.
executable() {
  cat >"$1"
  chmod 755 "$1"
}
