#!/bin/bash
# usage: check-packages.sh VERSION
#
# Unpacks the packages of dist/ into scratch roots and tries what is in them. With CI=true and root
# the .deb is really installed, used and purged as well.
set -euo pipefail
version=$1
root=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/..")
work=$(mktemp -d /tmp/slipway-check.XXXXXX)
trap 'rm -rf "$work"' EXIT
chmod 0755 "$work"

fail() {
  echo "check-packages: $*" >&2
  exit 1
}

# The newest glibc symbol that a program may need: older systems must still start it.
readonly NEWEST_GLIBC=2.34

check_elf() {
  local file=$1 newest headers
  headers=$(readelf -hlW "$file")
  grep -q 'Type: *DYN' <<<"$headers" || fail "$file is not position independent"
  grep -q GNU_RELRO <<<"$headers" || fail "$file has no RELRO"
  ! grep -q 'GNU_STACK.*RWE' <<<"$headers" || fail "$file has an executable stack"
  readelf -dW "$file" | grep -qE 'BIND_NOW|FLAGS.*NOW' || fail "$file is not bound at start"
  ! readelf -dW "$file" | grep -qE 'RPATH|RUNPATH' || fail "$file carries a search path"
  newest=$(readelf -VW "$file" | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)
  [[ $(printf '%s\n' "GLIBC_$NEWEST_GLIBC" "$newest" | sort -V | tail -n 1) == "GLIBC_$NEWEST_GLIBC" ]] ||
    fail "$file needs $newest"
  printf '  %-40s %s, needs %s\n' "${file#"$work"/}" "$newest" \
    "$(readelf -dW "$file" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | xargs)"
}

# Every command's page, the others, and the completions; zsh's directory is the distribution's.
check_documents() {
  local tree=$1 zsh=$2 page file
  for page in slipway.1 slipway-{run,shell,fetch,check,schema,plan,doctor,report,cache,wrap,unwrap}.1 \
    slipway-executors.5 slipway.toml.5 slipway-errors.7 slipway-fetcher.8 slipway-launcher-dir.8; do
    compgen -G "$tree/usr/share/man/man${page##*.}/$page*" >/dev/null || fail "$tree lacks $page"
  done
  for file in bash-completion/completions/slipway "zsh/$zsh/_slipway" \
    fish/vendor_completions.d/slipway.fish slipway/slipway-executors.schema.json; do
    [[ -s $tree/usr/share/$file ]] || fail "$tree lacks usr/share/$file"
  done
  bash -n "$tree/usr/share/bash-completion/completions/slipway" || fail "$tree: bash cannot read its completion"
  [[ ! -e $tree/usr/bin/slipway-docs ]] || fail "$tree has slipway-docs, which is for the build only"
}

# The timer and what it starts, which names the program where the package has it.
check_timer() {
  local units=$1/usr/lib/systemd/system
  [[ -s $units/slipway-cache-prune.timer ]] || fail "$1 lacks the timer"
  grep -q '^ExecStart=.*' "$units/slipway-cache-prune.service" || fail "$1 lacks the timer's service"
  [[ -z $(find "$1/etc/systemd" "$units" -name '*.wants' 2>/dev/null) ]] || fail "$1 switches the timer on"
}

# check_tree TREE ZSH: the tree that a package unpacks to.
check_tree() {
  local tree=$1 file
  for file in usr/bin/slipway usr/libexec/slipway/slipway-fetcher; do
    [[ -x $tree/$file ]] || fail "$tree lacks $file"
    check_elf "$tree/$file"
  done
  for file in usr/share/doc/slipway/examples/run-examples.sh usr/lib/tmpfiles.d/slipway.conf \
    etc/slipway/slipway.toml; do
    [[ -e $tree/$file ]] || fail "$tree lacks $file"
  done
  check_timer "$tree"
  # As it is installed it changes nothing: every key stands in a comment.
  ! grep -qvE '^(#|\[|$)' "$tree/etc/slipway/slipway.toml" || fail "$tree: slipway.toml sets something"
  check_documents "$tree" "$2"
  "$tree/usr/sbin/slipway-launcher-dir" --help >/dev/null || fail "$tree lacks slipway-launcher-dir"
  [[ -z $(find "$tree" -perm /6000) ]] || fail "$tree has setuid or setgid files"
  [[ $(stat -c %a "$tree/var/cache/slipway/users") == 1777 ]] || fail "var/cache/slipway/users has a wrong mode"
  check_program "$tree/usr/bin/slipway"
}

check_program() {
  local said
  said=$("$1" --version)
  grep -qF "$version" <<<"$said" || fail "$1 --version says '$said' instead of $version"
}

# The examples, with the programs of the tree, as root and as nobody where we are root.
check_examples() {
  local tree=$1 examples=$work/examples
  cp -rT "$tree/usr/share/doc/slipway/examples" "$examples"
  install "$root/build/examples/my_executor" "$examples/"
  "$examples/run-examples.sh" "$tree/usr/bin/slipway" >"$work/out" 2>&1 ||
    { cat "$work/out" >&2; fail "the examples failed with $tree"; }
}

check_deb() {
  echo "$1"
  dpkg-deb -x "$1" "$work/deb"
  check_tree "$work/deb" vendor-completions
  check_examples "$work/deb"
}

check_rpm() {
  echo "$1"
  mkdir "$work/rpm"
  # rpm itself unpacks where it may: that runs its checks too.
  if [[ $EUID == 0 ]]; then
    rpm --root "$work/rpm" --install --nodeps "$1" 2>/dev/null
    rpm --root "$work/rpm" --verify --nodeps slipway || fail 'rpm --verify finds differences'
  else
    rpm2archive - <"$1" | tar -xzf - -C "$work/rpm"
  fi
  check_tree "$work/rpm" site-functions
  # What only a Debian system provides must not be asked for.
  ! rpm -qpR "$1" | grep -E 'CURL_OPENSSL|libbz2\.so\.1\.0' || fail 'the rpm requires what only Debian has'
  rpm -qpR "$1" | grep -v '^rpmlib' | sort -u | sed 's/^/  requires /'
}

install_deb() {
  echo 'installing the .deb'
  apt-get -qq -y -o Dpkg::Use-Pty=0 install "$1" >/dev/null
  check_program /usr/bin/slipway
  # The settings as installed are the defaults, and they are the operator's from now on.
  { /usr/bin/slipway doctor || :; } | grep -qE '^ok +settings' || fail 'the settings of the package are not taken'
  dpkg-query -W -f '${Conffiles}' slipway | grep -q '/etc/slipway/slipway.toml' || fail 'slipway.toml is no conffile'
  [[ $(stat -c '%a %U' /var/cache/slipway/users) == '1777 root' ]] || fail '/var/cache/slipway/users is wrong'
  apt-get -qq -y -o Dpkg::Use-Pty=0 purge slipway >/dev/null
  [[ ! -e /usr/bin/slipway && ! -e /var/cache/slipway && ! -e /etc/slipway ]] || fail 'purging left something behind'
}

deb=$root/dist/slipway_${version}_$(dpkg --print-architecture).deb
rpm=$(find "$root/dist" -name "slipway-$version-*.rpm" ! -name '*.src.rpm')
[[ -f $deb && -f $rpm ]] || fail "no packages of version $version in dist/: run ./dev package"
check_deb "$deb"
check_rpm "$rpm"
if [[ ${CI:-} == true && $EUID == 0 && ! -e /usr/bin/slipway ]]; then install_deb "$deb"; fi
echo 'check-packages: both packages are as they should be'
