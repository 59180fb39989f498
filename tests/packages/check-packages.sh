#!/bin/bash
# usage: check-packages.sh [--accept] VERSION [CHECK…]
#
# Tries the packages of dist/ as those who install them will: each CHECK below is a file of this
# directory. Those marked with * need root, and all are demanded where CI=true.
#
#   contents       what is in them: path, mode, owner, as contents.deb and contents.rpm say (--accept:
#                  as the packages say now, for `git diff` to show)
#   programs       every ELF file's hardening and needs; units, settings, completions, the examples
#   linters        lintian and rpmlint find nothing
#   rpm          * in an empty root: needs, scripts, installing, erasing
#   minimal_root * in a fresh minimal Debian: installing, using, upgrading, downgrading, removing, purging
#   reproducible   built again from the source .rpm, elsewhere and in other circumstances, they are the same
set -euo pipefail
umask 022
here=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")")
root=$(readlink -f "$here/../..")
# The files of the checks use these, and what is set below.
accept=
if [[ ${1:-} == --accept ]]; then
  # shellcheck disable=SC2034
  accept=1
  shift
fi
version=$1
shift
checks=("$@")
((${#checks[@]})) || checks=(contents programs linters rpm minimal_root reproducible)
work=$(mktemp -d /tmp/slipway-check.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
chmod 0755 "$work"

fail() {
  printf 'check-packages: NOT AS EXPECTED: %s\n' "$*" >&2
  exit 1
}
ok() { printf '  ok  %s\n' "$*"; }

# same WHAT EXPECTED ACTUAL: two texts, shown as what differs.
same() {
  diff -u --label expected --label actual <(printf '%s\n' "$2") <(printf '%s\n' "$3") >&2 || fail "$1"
  ok "$1"
}

check_version() {
  [[ $("$1" --version | head -n 1) == "slipway $version"* ]] || fail "$1 --version does not say $version"
}

deb=$root/dist/slipway_${version}_$(dpkg --print-architecture).deb
rpm=$(find "$root/dist" -name "slipway-$version-*.rpm" ! -name '*.src.rpm' 2>/dev/null)
source_rpm=$(find "$root/dist" -name "slipway-$version-*.src.rpm" 2>/dev/null)
[[ -f $deb && -f $rpm && -f $source_rpm ]] || fail "no packages of version $version in dist/: run ./dev package"
# Each program's unpacked tree, without what maintainer scripts would do.
dpkg-deb -x "$deb" "$work/deb"
mkdir "$work/rpm"
rpm2archive - <"$rpm" | tar -xzpf - -C "$work/rpm"

for check in "${checks[@]}"; do
  [[ -f $here/$check.sh ]] || fail "there is no check '$check'"
  if [[ $check == rpm || $check == minimal_root ]] && [[ $EUID != 0 ]]; then
    [[ ${CI:-} != true ]] || fail "$check needs root"
    printf '%s: left out, it needs root\n' "$check"
    continue
  fi
  printf '%s\n' "$check"
  start=$SECONDS
  # shellcheck source=/dev/null
  source "$here/$check.sh"
  printf '  %d s\n' $((SECONDS - start))
done
echo 'check-packages: all is as it should be'
