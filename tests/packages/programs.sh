# shellcheck shell=bash disable=SC2154
# The programs as they are in the packages.

# The newest glibc symbol that a program may need: older systems must still start it.
readonly NEWEST_GLIBC=2.34

elf_files() { find "$1" -type f -exec sh -c 'head -c 4 "$1" | grep -q "^.ELF" && echo "$1"' - {} \; | sort; }

check_elf() {
  local file=$1 headers dynamic symbols newest
  headers=$(readelf -hlW "$file")
  dynamic=$(readelf -dW "$file")
  symbols=$(readelf --dyn-syms -W "$file")
  grep -q 'Type: *DYN' <<<"$headers" || fail "$file is not position independent"
  grep -q GNU_RELRO <<<"$headers" || fail "$file has no RELRO"
  ! grep -q 'GNU_STACK.*RWE' <<<"$headers" || fail "$file has an executable stack"
  grep -q 'FLAGS_1.*NOW.*PIE' <<<"$dynamic" || fail "$file is not bound at start, or no PIE"
  ! grep -qE 'RPATH|RUNPATH|TEXTREL' <<<"$dynamic" || fail "$file carries a search path, or text relocations"
  grep -q __stack_chk_fail <<<"$symbols" || fail "$file has no stack protector"
  # Its level, 3, build-packages.sh checks in the compiler's lines.
  grep -qE '__(mem|str|vsn|sn|read|fd|pread|v?f?printf)[a-z_]*_chk' <<<"$symbols" || fail "$file is not fortified"
  newest=$(readelf -VW "$file" | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)
  [[ $(printf '%s\n' "GLIBC_$NEWEST_GLIBC" "$newest" | sort -V | tail -n 1) == "GLIBC_$NEWEST_GLIBC" ]] ||
    fail "$file needs $newest"
  ok "$(printf '%-42s %s, needs %s' "${file#"$work"/}" "$newest" "$(sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' <<<"$dynamic" | xargs)")"
}

check_elf_files() {
  local tree=$1 file files
  mapfile -t files < <(elf_files "$tree")
  [[ ${files[*]#"$tree"} == '/usr/bin/slipway /usr/libexec/slipway/slipway-fetcher' ]] ||
    fail "$tree holds other ELF files than the two programs: ${files[*]}"
  for file in "${files[@]}"; do check_elf "$file"; done
}

# What scripts, shells and systemd read.
check_texts() {
  local tree=$1 units=$2 share=$1/usr/share
  # As it is installed it changes nothing: every key stands in a comment.
  ! grep -qvE '^(#|\[|$)' "$tree/etc/slipway/slipway.toml" || fail "$tree: slipway.toml sets something"
  grep -q '^# *max_size' "$tree/etc/slipway/slipway.toml" || fail "$tree: slipway.toml does not show max_size"
  bash -n "$share/bash-completion/completions/slipway" || fail "$tree: bash cannot read its completion"
  same "$tree: the schema is what the program writes" "$("$tree/usr/bin/slipway" schema)" \
    "$(cat "$share/slipway/slipway-executors.schema.json")"
  "$tree/usr/sbin/slipway-launcher-dir" --help >/dev/null || fail "$tree: slipway-launcher-dir does not start"
  systemd-analyze verify --man=no "$units"/slipway-cache-prune.{service,timer} 2>&1 |
    { ! grep slipway-cache-prune >&2; } || fail "$tree: systemd does not like the units"
  [[ -z $(find "$tree" -name '*.wants') ]] || fail "$tree switches the timer on"
  same "$tree: tmpfiles.d makes the cache's directories as the package has them" \
    $'d /var/cache/slipway 0755 root root\nd /var/cache/slipway/users 1777 root root' \
    "$(awk '/^d/{print $1, $2, $3, $4, $5}' "$tree/usr/lib/tmpfiles.d/slipway.conf")"
}

# The examples with this machine's libraries, as root and as an ordinary user where we are root.
run_examples() {
  local tree=$1 examples=$work/examples
  rm -rf "$examples"
  cp -rT "$tree/usr/share/doc/slipway/examples" "$examples"
  install "$root/build/examples/my_executor" "$examples/"
  chmod -R a+rX "$examples"
  "$examples/run-examples.sh" "$tree/usr/bin/slipway" >"$work/out" 2>&1 ||
    { cat "$work/out" >&2; fail "the examples failed with $tree"; }
  if [[ $EUID == 0 ]]; then
    (cd / && setpriv --reuid=nobody --regid=nogroup --clear-groups --reset-env \
      "$examples/run-examples.sh" "$tree/usr/bin/slipway") >"$work/out" 2>&1 ||
      { cat "$work/out" >&2; fail "the examples failed as nobody with $tree"; }
  fi
  ok "${tree#"$work"/}: the examples"
}

for tree in "$work/deb" "$work/rpm"; do
  check_elf_files "$tree"
  check_version "$tree/usr/bin/slipway"
done
check_texts "$work/deb" "$work/deb/lib/systemd/system"
check_texts "$work/rpm" "$work/rpm/usr/lib/systemd/system"
run_examples "$work/deb"
run_examples "$work/rpm"
