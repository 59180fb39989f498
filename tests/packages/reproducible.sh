# shellcheck shell=bash disable=SC2154
# Built again from nothing but the source .rpm: in another place, with another umask, time zone,
# language, home and with nothing of the first build's objects. The same bytes must come out.

again=$work/some/where/else/slipway-$version
mkdir -p "$work/some/where/else" "$work/home"
rpm2archive - <"$source_rpm" | tar -xzf - -C "$work/some/where"
tar -xzf "$work/some/where/slipway-$version.tar.gz" -C "$work/some/where/else"
(
  umask 077
  cd "$again" || exit
  env -u SOURCE_DATE_EPOCH -u CCACHE_BASEDIR HOME="$work/home" CCACHE_DIR="$work/home/ccache" \
    TZ=Pacific/Kiritimati LC_ALL=C LANG=de_DE.UTF-8 packaging/build-packages.sh "$version" >/dev/null
)
same 'built again elsewhere, every package is the same to the byte' "$(cd "$root/dist" && sha256sum slipway*.deb slipway*.rpm)" \
  "$(cd "$again/dist" && sha256sum slipway*.deb slipway*.rpm)"
