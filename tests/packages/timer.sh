# shellcheck shell=bash disable=SC2154,SC2016
# The timer under a systemd that has started in the minimal root (systemd-nspawn(1)), as an operator uses
# it. For minimal_root.sh.

# What is done in there, as a unit's program: each line that goes wrong is said and ends it.
timer_script() {
  cat <<'END'
#!/bin/bash
set -euo pipefail
trap 'echo "line $LINENO went wrong: $BASH_COMMAND"' ERR
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
timer=slipway-cache-prune.timer
service=slipway-cache-prune.service
install_package() { apt-get -qq -y -o Dpkg::Use-Pty=0 --allow-downgrades install "/packages/$1" >/dev/null; }
is() { [[ $(systemctl "$1" $timer || :) == "$2" ]]; }

install_package this.deb
is is-enabled disabled
is is-active inactive
systemctl enable --now $timer
is is-active active
# A user's cache over its limit, which a launch of that user would bring below it: nobody launches any more.
cd /packages
for user in 0 1000; do
  setpriv --reuid=$user --regid=$user --clear-groups env -u HOME sh -c \
    'cd "$(mktemp -d)" && slipway run /packages/cached.json --sandbox . --quiet'
done
files() { find /var/cache/slipway/users -path '*/objects/*' -type f | wc -l; }
[[ $(files) == 2 ]]
systemctl start $service
[[ $(files) == 2 ]]  # they are below the limits
# What anybody may put there, and what a user who has gone leaves, stops nothing.
mkdir /var/cache/slipway/users/{nosuch,54321}
chown 54321 /var/cache/slipway/users/54321
printf '[cache]\nmax_size = "1"\n' >/etc/slipway/slipway.toml
systemctl start $service
[[ $(systemctl show -p Result --value $service) == success ]]
[[ $(files) == 0 ]]
# An upgrade leaves it on, and its removal stops it.
install_package next.deb
is is-active active
is is-enabled enabled
apt-get -qq -y -o Dpkg::Use-Pty=0 remove slipway >/dev/null
is is-active inactive
apt-get -qq -y -o Dpkg::Use-Pty=0 purge slipway >/dev/null
[[ ! -e /etc/systemd/system/timers.target.wants/$timer && ! -L /etc/systemd/system/timers.target.wants/$timer ]]
echo fine
END
}

timer_in_root() {
  apt_in_root install systemd systemd-sysv
  timer_script >"$minimal/packages/timer.sh"
  chmod 0755 "$minimal/packages/timer.sh"
  cat >"$minimal/etc/systemd/system/try-timer.service" <<'END'
[Service]
Type=oneshot
ExecStart=/bin/sh -c '/packages/timer.sh >/packages/timer.out 2>&1; systemctl --no-block --force poweroff'
END
  ln -s multi-user.target "$minimal/etc/systemd/system/default.target"
  install -d "$minimal/etc/systemd/system/multi-user.target.wants"
  ln -s ../try-timer.service "$minimal/etc/systemd/system/multi-user.target.wants/"
  timeout --kill-after=10 300 systemd-nspawn --quiet --directory="$minimal" --boot --register=no --keep-unit \
    </dev/null >"$work/out" 2>&1 || :
  [[ $(tail -n 1 "$minimal/packages/timer.out") == fine ]] ||
    { cat "$work/out" "$minimal/packages/timer.out" >&2; fail 'the timer under systemd'; }
  ok 'under systemd: the timer is off, is switched on, prunes, lives through an upgrade, and goes with the package'
}
