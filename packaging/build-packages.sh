#!/bin/bash
# usage: build-packages.sh VERSION      makes the .debs and the .rpms in dist/
#
# Both are built from a clean copy of the sources (what git tracks, with the changes of the moment),
# so nothing of a build tree or of this checkout's place gets in.
set -euo pipefail
version=$1
root=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/..")
# Always the same place, so that ccache finds what it compiled the last time.
work=$root/dist/work
source_tree=$work/slipway-$version
trap 'rm -rf "$work"' EXIT
if command -v ccache >/dev/null; then
  CCACHE_DIR=$(ccache --get-config cache_dir)  # debhelper gives its builds another HOME
  export CCACHE_DIR
fi

quietly() {
  local log=$work/log
  if ! "$@" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "build-packages: failed: $*" >&2
    exit 1
  fi
}

export_sources() {
  mkdir "$source_tree"
  (cd "$root" && ./dev files | tar -cf - --no-recursion -T -) | tar -xf - -C "$source_tree"
}

build_deb() {
  ln -s packaging/debian "$source_tree/debian"
  local said
  said=$(cd "$source_tree" && dpkg-parsechangelog -S Version)
  if [[ $said != "$version" ]]; then
    echo "packaging/debian/changelog says $said, CMakeLists.txt $version" >&2
    exit 1
  fi
  (cd "$source_tree" && quietly dpkg-buildpackage -b -us -uc)
  mv "$work"/*.deb "$root/dist/"
}

build_rpm() {
  mkdir -p "$work/rpm/SOURCES"
  tar -C "$work" -czf "$work/rpm/SOURCES/slipway-$version.tar.gz" "slipway-$version"
  local flags=()
  # On Debian rpm knows none of the packages that are installed, and libbz2 has a soname of Debian's own.
  if [[ -f /etc/debian_version ]]; then
    flags+=(--nodeps --define "slipway_bzip2 $(c++ -print-file-name=libbz2.a)")
  fi
  quietly rpmbuild -ba "${flags[@]}" --define "_topdir $work/rpm" \
    --define "slipway_version $version" "$root/packaging/slipway.spec"
  find "$work/rpm/RPMS" "$work/rpm/SRPMS" -name '*.rpm' -exec mv -t "$root/dist/" {} +
}

rm -rf "$work" "$root"/dist/slipway*.{deb,rpm}
mkdir -p "$work"
export_sources
build_deb
rm -rf "$source_tree"
export_sources
build_rpm
cd "$root/dist"
sha256sum slipway*.deb slipway*.rpm | tee SHA256SUMS
