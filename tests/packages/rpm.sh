# shellcheck shell=bash disable=SC2154
# The .rpm by rpm itself, in an empty root. What cannot be tried here: a rebuild on Fedora or EL.

# Every distribution of the kind has these; what only Debian has (libbz2.so.1.0, CURL_OPENSSL_4) is not
# among them. glibc's symbols are judged by their number.
readonly known_needs='^(/bin/sh|/usr/bin/bash|/bin/bash|config\(slipway\) = .*|rpmlib\(.*\) <= .*|rtld\(GNU_HASH\)
ld-linux-x86-64\.so\.2\(\)\(64bit\)|ld-linux-x86-64\.so\.2\(GLIBC_2\.[0-9]+\)\(64bit\)
lib(c|m)\.so\.6\(\)\(64bit\)|libgcc_s\.so\.1\((GCC_[0-9.]+)?\)\(64bit\)|libstdc\+\+\.so\.6\(((GLIBCXX|CXXABI)_[0-9.]+)?\)\(64bit\)
libcurl\.so\.4\(\)\(64bit\)|libarchive\.so\.13\(\)\(64bit\)|libz\.so\.1\((ZLIB_[0-9.]+)?\)\(64bit\)
liblzma\.so\.5\((XZ_[0-9.]+)?\)\(64bit\)|libzstd\.so\.1\(\)\(64bit\)|libisal\.so\.2\(\)\(64bit\))$'

check_needs() {
  local needs unknown newer
  needs=$(rpm -qp --requires "$rpm" | sort -u)
  newer=$(grep -oE 'libc\.so\.6\(GLIBC_2\.[0-9]+' <<<"$needs" | awk -F. '$NF > 34' || :)
  same 'the .rpm needs no glibc newer than 2.34' '' "$newer"
  unknown=$(grep -vE '^lib[cm]\.so\.6\(GLIBC_2\.[0-9.]+\)\(64bit\)$' <<<"$needs" | grep -vE "${known_needs//$'\n'/|}" || :)
  same 'the .rpm needs nothing that only Debian has' '' "$unknown"
  same 'the .rpm gives nothing but itself' "config(slipway) = $version-1
slipway = $version-1
slipway(x86-64) = $version-1" "$(rpm -qp --provides "$rpm" | sort)"
}

# One script, for the timer, which does nothing when the package is upgraded.
check_scripts() {
  local scripts
  scripts=$(rpm -qp --scripts "$rpm")
  same 'the .rpm has one script, before it goes' 'preuninstall scriptlet (using /bin/sh):' \
    "$(grep 'scriptlet' <<<"$scripts")"
  grep -q 'disable --now slipway-cache-prune.timer' <<<"$scripts" || fail 'that script leaves the timer on'
}

check_source() {
  same 'the source .rpm holds the sources and the recipe' "slipway-$version.tar.gz
slipway.spec" "$(rpm -qpl "$source_rpm" | sort)"
  local asked
  asked=$(rpm -qp --requires "$source_rpm") || fail "rpm cannot read the source .rpm"
  [[ -n $asked ]] || fail "the source .rpm asks for nothing at all"
  ! grep -E -- '-dev( |$)|^g\+\+' <<<"$asked" ||
    fail "the source .rpm asks for packages by Debian's names"
  ok "the source .rpm asks for nothing by Debian's names"
}

# Its script runs in the root that it goes from, which needs a shell for that.
give_shell() {
  local file
  for file in /bin/sh $(ldd /bin/sh | grep -o '/[^ ]*'); do
    install -D "$(readlink -f "$file")" "$1$file"
  done
}

# Installed, changed, used and erased: settings that somebody changed stay beside, so does the cache.
live_and_die() {
  local tree=$work/empty rest
  mkdir "$tree"
  give_shell "$tree"
  rpm --root "$tree" --install --nodeps "$rpm" 2>/dev/null
  rpm --root "$tree" --verify --nodeps slipway || fail 'rpm --verify finds differences'
  [[ $(stat -c '%a %U' "$tree/var/cache/slipway/users") == '1777 root' ]] || fail 'the cache has a wrong mode'
  [[ $(rpm --root "$tree" -q --qf '[%{FILEFLAGS:fflags} %{FILENAMES}\n]' slipway | grep slipway.toml) == 'cn '* ]] ||
    fail 'slipway.toml is no %config(noreplace)'
  ok 'installed in an empty root, rpm --verify finds no difference'
  echo '# mine' >>"$tree/etc/slipway/slipway.toml"
  install -d -m 0700 "$tree/var/cache/slipway/users/1000"
  rpm --root "$tree" --erase --nodeps slipway 2>"$work/out" || { cat "$work/out" >&2; fail 'erasing failed'; }
  rest=$(cd "$tree" && find . -path ./var/lib/rpm -prune -o -path ./usr/lib/sysimage -prune -o -path ./root/.rpmdb -prune -o \
    -name '*slipway*' -print | sort)
  same 'erased, it leaves the changed settings and the cache' './etc/slipway
./etc/slipway/slipway.toml.rpmsave
./var/cache/slipway' "$rest"
}

check_needs
check_scripts
check_source
live_and_die
