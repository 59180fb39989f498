# shellcheck shell=bash disable=SC2154
# What is in the packages, word for word: a file that comes, goes or changes its mode is seen here.

deb_contents() { dpkg-deb -c "$deb" | awk '{print $1, $2, $6 $7 $8}' | sort -k3; }

rpm_contents() {
  rpm -qp --qf '[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILEFLAGS:fflags} %{FILENAMES}\n]' "$rpm" | sort -k3
}

compare_contents() {
  local golden=$here/contents.$1 now
  now=$("$1_contents")
  if [[ $accept ]]; then
    printf '%s\n' "$now" >"$golden"
    return
  fi
  same "the .$1 holds what $(basename "$golden") says" "$(cat "$golden")" "$now"
}

compare_contents deb
compare_contents rpm
capabilities=$(rpm -qp --filecaps "$rpm") || fail "rpm cannot read the .rpm"
[[ -z $(awk 'NF > 1 {print $2}' <<<"$capabilities" | tr -d '[:space:]') ]] || fail 'the .rpm gives capabilities'
[[ -z $(find "$work/deb" "$work/rpm" -perm /6000) ]] || fail 'there are setuid or setgid files'
ok 'no setuid, no setgid, no capabilities'
