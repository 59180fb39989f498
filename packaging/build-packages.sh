#!/bin/bash
# usage: build-packages.sh VERSION      makes the .debs and the .rpms in dist/
#
# Both are built from a clean copy of the sources (what git tracks, with the changes of the moment),
# so nothing of a build tree or of this checkout's place gets in; nor does the hour, the umask or the
# language: two builds of one commit are the same to the byte (reproducible-builds.org).
#
# SOURCE_DATE_EPOCH, the time that everything bears, is the last commit's unless it is given; without
# git that of the newest source, which in a source package is the same time.
set -euo pipefail
version=$1
root=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/..")
work=$root/dist/work
source_tree=$work/slipway-$version
maintainer='Slipway developers <developers@slipway.invalid>'
umask 022
# LANG, too, as rpmbuild has it: ccache takes what was compiled in another language for another thing.
export LC_ALL=C.UTF-8 LANG=C TZ=UTC
trap 'rm -rf "$work"' EXIT
if command -v ccache >/dev/null; then
  CCACHE_DIR=$(ccache --get-config cache_dir)  # debhelper gives its builds another HOME
  export CCACHE_DIR
fi

source_date() {
  git -C "$root" -c safe.directory='*' log -1 --format=%ct 2>/dev/null ||
    (cd "$root" && ./dev files | xargs -d '\n' stat -c %Y) | sort -n | tail -n 1
}

quietly() {
  local log=$work/log
  if ! "$@" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "build-packages: failed: $*" >&2
    exit 1
  fi
}

# The same bytes from every checkout.
pack_sources() {
  (cd "$root" && ./dev files | tar -cf - --no-recursion -T - --sort=name --format=gnu \
    --owner=0 --group=0 --numeric-owner --mode=u+rw,go-w,a+rX --mtime="@$SOURCE_DATE_EPOCH" \
    --transform="s,^,slipway-$version/,") | gzip -9n >"$work/slipway-$version.tar.gz"
}

# Debian's changelog has the version and the time; what changed is in CHANGELOG.md.
build_deb() {
  ln -s packaging/debian "$source_tree/debian"
  cat >"$source_tree/packaging/debian/changelog" <<END
slipway ($version) unstable; urgency=medium

  * See CHANGELOG.md.

 -- $maintainer  $(date -R -d "@$SOURCE_DATE_EPOCH")
END
  (cd "$source_tree" && quietly dpkg-buildpackage -b -us -uc)
  check_fortified "$source_tree/build-package/compile_commands.json"
  mv "$work"/*.deb "$root/dist/"
}

# What no ELF file tells: the level that counts is the last one on the compiler's line.
check_fortified() {
  local weak
  grep -q '"command":' "$1" || {
    echo "build-packages: $1 has no command of the compiler" >&2
    exit 1
  }
  weak=$(grep '"command":' "$1" | grep -cvE 'D_FORTIFY_SOURCE=3 ' || :)
  weak=$((weak + $(grep '"command":' "$1" | grep -cE 'D_FORTIFY_SOURCE=3 .*[UD]_FORTIFY_SOURCE' || :)))
  if ((weak)); then
    echo "build-packages: $weak files are not compiled with _FORTIFY_SOURCE=3 ($1)" >&2
    exit 1
  fi
}

# rpm_defines: on Debian, rpm has neither the distribution's flags nor its packages, and libbz2 has a
# soname of Debian's own. What is built in one place with the same flags, ccache has already.
rpm_defines() {
  [[ -f /etc/debian_version ]] || return 0
  flags() { (cd "$source_tree" && DEB_BUILD_MAINT_OPTIONS=hardening=+all dpkg-buildflags --get "$1"); }
  printf '%s\0' --nodeps --define "slipway_bzip2 $(c++ -print-file-name=libbz2.a)" \
    --define "build_cxxflags $(flags CXXFLAGS) $(flags CPPFLAGS)" --define "build_ldflags $(flags LDFLAGS)"
}

write_spec() {
  printf '%%global slipway_version %s\n' "$version"
  cat "$root/packaging/slipway.spec"
  printf '* %s %s - %s-1\n- See CHANGELOG.md.\n' "$(date -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')" \
    "$maintainer" "$version"
}

# The time and the place of the build stay out: rpm ≥ 4.14 knows how.
build_rpm() {
  local defines same_bytes=(--define '_buildhost reproducible'
    --define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1')
  write_spec >"$work/slipway.spec"
  # Its header has the recipe with all paths filled in: they must be the same everywhere.
  (cd "$work" && quietly rpmbuild -bs --nodeps "${same_bytes[@]}" --define '_topdir .' --define '_sourcedir .' \
    --define '_builddir .' --define '_srcrpmdir .' slipway.spec)
  mv "$work"/*.src.rpm "$root/dist/"
  # The binary one is made of the source one, as everybody else will make it.
  mapfile -d '' defines < <(rpm_defines)
  quietly rpmbuild --rebuild "${same_bytes[@]}" "${defines[@]}" --define "_topdir $work/rpm" \
    --define "_builddir $work" "$root"/dist/slipway-*.src.rpm
  mv "$work"/rpm/RPMS/*/*.rpm "$root/dist/"
}

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(source_date)}
export SOURCE_DATE_EPOCH
rm -rf "$work" "$root"/dist/slipway*.{deb,rpm}
mkdir -p "$work"
pack_sources
tar -C "$work" -xf "$work/slipway-$version.tar.gz"
build_deb
build_rpm
cd "$root/dist"
sha256sum slipway*.deb slipway*.rpm | tee SHA256SUMS
