# shellcheck shell=bash disable=SC2154,SC2016
# A life of the .deb in a fresh minimal Debian 12, by apt, as administrators do it.
#
# It is a root of its own for the processes, too (pivot_root): in a chroot the kernel refuses user
# namespaces (user_namespaces(7)).
# shellcheck source=tests/packages/apparmor.sh
source "$here/apparmor.sh"
# shellcheck source=tests/packages/timer.sh
source "$here/timer.sh"

minimal=$work/minimal

make_minimal_root() {
  local mirror
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Suite: stable*' 2>/dev/null | head -n 1)
  debootstrap --variant=minbase bookworm "$minimal" "${mirror:-http://deb.debian.org/debian}" >"$work/out" 2>&1 ||
    { tail -n 20 "$work/out" >&2; fail 'debootstrap failed'; }
  cp /etc/resolv.conf "$minimal/etc/"
  # As on any machine that is no container image: with the documentation.
  cp -r /etc/apt/apt.conf.d/*proxy* "$minimal/etc/apt/apt.conf.d/" 2>/dev/null || :
  mkdir "$minimal/packages"
}

# in_root COMMAND…: as root, with a /proc and a /dev.
in_root() {
  unshare --mount --pid --fork --kill-child --propagation private bash -c '
    set -e
    root=$1; shift
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    cd "$root"
    mkdir -p mnt/host
    pivot_root . mnt/host
    cd /
    umount -l /mnt/host
    rmdir /mnt/host
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
  ' in_root "$minimal" "$@" </dev/null
}
as_user() { in_root setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/home/user "$@"; }

apt_in_root() {
  in_root apt-get -qq -y -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef \
    -o Dpkg::Options::=--force-confold --no-install-recommends "$@" >"$work/out" 2>&1 ||
    { cat "$work/out" >&2; fail "apt-get $*"; }
}
install_in_root() { apt_in_root --allow-downgrades install "/packages/$1"; }

# variant VERSION NAME [COMMAND…]: the package as /packages/NAME.deb with another version, after COMMAND
# was run in its tree.
variant() {
  local tree=$work/variant
  rm -rf "$tree"
  dpkg-deb -R "$deb" "$tree"
  sed -i "s/^Version: .*/Version: $1/" "$tree/DEBIAN/control"
  (cd "$tree" && "${@:3}")
  (cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  dpkg-deb -b --root-owner-group "$tree" "$minimal/packages/$2.deb" >/dev/null
}

# Everything that is there, but for what apt, dpkg and man write on their own account.
tree_of_root() {
  (cd "$minimal" && find . -xdev \( -path ./packages -o -path ./var/cache/apt -o -path ./var/lib/apt -o \
    -path ./var/log -o -path ./var/cache/man -o -path ./var/cache/debconf -o -path ./tmp -o -path ./root -o \
    -path ./proc -o -path ./dev -o -path ./var/lib/dpkg/triggers -o -path './var/lib/dpkg/*-old' -o \
    -path ./var/lib/dpkg/status -o -path ./var/lib/dpkg/lock \) -prune -o \
    \( -type f -printf '%p %m %U:%G %s\n' \) -o -printf '%p %m %U:%G %l\n' | sort)
}

version_in_root() { in_root /usr/bin/slipway --version | head -n 1 | awk '{print $2}'; }

# A launch with a URI through the cache of the package, as root and as a user, who has no home there.
fill_caches() {
  local as said
  for as in in_root as_user; do
    said=$("$as" env -u HOME sh -c 'cd "$(mktemp -d)" && slipway run /packages/cached.json --sandbox . --quiet') ||
      fail "a launch in the minimal root: $as"
    [[ $said == 'the content' ]] || fail "the executor says '$said'"
  done
}

first_installation() {
  apt_in_root update
  apt_in_root install man-db python3 ca-certificates
  # What it depends on is there before, so that what is left behind is its own.
  in_root apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends satisfy \
    "$(dpkg-deb -f "$deb" Depends)" >"$work/out" 2>&1 || { cat "$work/out" >&2; fail 'its dependencies'; }
  in_root useradd --create-home --uid 1000 user
  echo 'the content' >"$minimal/packages/content"
  cat >"$minimal/packages/cached.json" <<'END'
{"executor": {"name": "cat", "resources": [], "command": {"value": "cat content",
  "uris": [{"value": "file:///packages/content", "cache": true}]}}, "task_prefix": "cat-"}
END
  without_slipway=$(tree_of_root)
  cp "$deb" "$minimal/packages/this.deb"
  # An earlier version: other settings, and a file that this one no longer has.
  variant 0.0.1 earlier sh -c 'echo "# of 0.0.1" >>etc/slipway/slipway.toml; touch usr/share/slipway/gone'
  install_in_root earlier.deb
  [[ $(in_root dpkg-query -W -f '${Version}' slipway) == 0.0.1 && -e $minimal/usr/share/slipway/gone ]] ||
    fail 'the earlier version is not installed'
  ok 'an earlier version is installed'
}

# cache_files: those of the caches of both users.
cache_files() { (cd "$minimal/var/cache/slipway" && find . -type f -path '*/objects/*' | sort); }

use_it() {
  fill_caches
  cached=$(cache_files)
  [[ $(wc -l <<<"$cached") -ge 2 ]] || fail "root's and a user's launch left no caches: $cached"
  ok "root and a user have filled their caches"
}

upgrade() {
  install_in_root this.deb
  [[ $(version_in_root) == "$version" ]] || fail 'the upgrade did not take'
  [[ ! -e $minimal/usr/share/slipway/gone ]] || fail 'the upgrade left a file of the earlier version'
  same 'upgraded: settings that nobody changed are the new ones' "$(cat "$work/deb/etc/slipway/slipway.toml")" \
    "$(cat "$minimal/etc/slipway/slipway.toml")"
  same 'upgraded: the caches are there' "$cached" "$(cache_files)"
  same 'upgraded: nobody has switched the timer on' '' \
    "$(find "$minimal/etc/systemd" -name '*slipway*' 2>/dev/null)"
}

examples_in_root() {
  local examples=/packages/examples
  cp -rT "$minimal/usr/share/doc/slipway/examples" "$minimal$examples"
  install "$root/build/examples/my_executor" "$minimal$examples/"
  chmod -R a+rX "$minimal/packages"
  in_root "$examples/run-examples.sh" >"$work/out" 2>&1 || { cat "$work/out" >&2; fail 'the examples as root'; }
  as_user "$examples/run-examples.sh" >"$work/out" 2>&1 || { cat "$work/out" >&2; fail 'the examples as a user'; }
  ok 'the examples, as root and as a user'
}

read_it() {
  local page
  for page in slipway slipway-run slipway-unwrap slipway.toml slipway-errors slipway-fetcher; do
    in_root man "$page" >"$work/out" 2>&1 || fail "man $page"
    # man puts the name in capitals on the first line.
    head -n 1 "$work/out" | grep -qiE '^slipway[a-z.-]*\([1578]\)' || fail "man $page shows: $(head -n 1 "$work/out")"
  done
  ok 'man shows its pages'
  same 'bash completes its commands' 'plan' "$(in_root bash -c '. /usr/share/bash-completion/completions/slipway
    spec=$(complete -p slipway) && [[ $spec == *"-F "* ]] && f=${spec##*-F } && f=${f%% *}
    COMP_WORDS=(slipway pla) COMP_CWORD=1 COMP_LINE="slipway pla" COMP_POINT=11
    $f slipway pla slipway && echo "${COMPREPLY[*]}"' | xargs)"
  [[ -s $minimal/usr/share/zsh/vendor-completions/_slipway && -s $minimal/usr/share/fish/vendor_completions.d/slipway.fish ]] ||
    fail 'there are no completions for zsh and fish'
  in_root slipway doctor >"$work/out" 2>&1 || { cat "$work/out" >&2; fail 'slipway doctor finds something'; }
  ok 'slipway doctor finds nothing that stands in the way'
}

settings_stay() {
  echo '# of the operator' >>"$minimal/etc/slipway/slipway.toml"
  local mine
  mine=$(cat "$minimal/etc/slipway/slipway.toml")
  install_in_root earlier.deb
  [[ $(in_root dpkg-query -W -f '${Version}' slipway) == 0.0.1 ]] || fail 'the downgrade did not take'
  same 'downgraded: settings of the operator stay' "$mine" "$(cat "$minimal/etc/slipway/slipway.toml")"
  fill_caches
  install_in_root this.deb
  same 'upgraded again: they stay' "$mine" "$(cat "$minimal/etc/slipway/slipway.toml")"
  apt_in_root remove slipway
  [[ ! -e $minimal/usr/bin/slipway && ! -e $minimal/usr/share/slipway && ! -e $minimal/usr/libexec/slipway ]] ||
    fail 'removing left programs'
  same 'removed: they stay' "$mine" "$(cat "$minimal/etc/slipway/slipway.toml")"
  same 'removed: the caches stay' "$cached" "$(cache_files)"
  install_in_root this.deb
  same 'installed again: they are there' "$mine" "$(cat "$minimal/etc/slipway/slipway.toml")"
}

purge() {
  # As `systemctl enable` leaves it.
  install -d "$minimal/etc/systemd/system/timers.target.wants"
  ln -s /lib/systemd/system/slipway-cache-prune.timer "$minimal/etc/systemd/system/timers.target.wants/"
  apt_in_root purge slipway
  rmdir -p --ignore-fail-on-non-empty "$minimal/etc/systemd/system/timers.target.wants"
  same 'purged: nothing is left behind' "$without_slipway" "$(tree_of_root)"
}

make_minimal_root
first_installation
use_it
upgrade
examples_in_root
read_it
settings_stay
purge
apparmor_in_root
timer_in_root
