# shellcheck shell=bash disable=SC2154,SC2016
# When AppArmor's profile is placed, and that it goes. For minimal_root.sh, with Debian 12's parser.
#
# NOT PROVEN here: that a parser which knows abi 4.0 accepts the template, and that Ubuntu 24.04's kernel
# then lets ordinary users have their mounts. Neither is to be had on Debian 12. What is proven with the
# real parser: it refuses the template, which is then left alone; and with the same template in the abi
# that it knows, every step of placing, keeping and removing.

readonly profile_path=etc/apparmor.d/slipway

# The template in the dialect of AppArmor 3.
in_known_abi() {
  sed -i 's,abi/4\.0,abi/3.0,; /^ *userns,$/d' usr/share/slipway/apparmor/slipway
  ! grep -q 'abi/4.0\|userns,' usr/share/slipway/apparmor/slipway || fail 'the template is still for abi 4.0'
}
in_known_abi_changed() {
  in_known_abi
  echo '# of the next version' >>usr/share/slipway/apparmor/slipway
}

placed() { [[ -e $minimal/$profile_path ]]; }
parser_accepts_all() {
  in_root sh -c 'for p in /etc/apparmor.d/*; do [ ! -f "$p" ] || apparmor_parser -Q -K "$p" || exit 1; done' >"$work/out" 2>&1 ||
    { cat "$work/out" >&2; fail "$1"; }
  ok "$1"
}
profile_is_template() {
  placed || fail "$1"
  same "$1" "$(cat "$minimal/usr/share/slipway/apparmor/slipway")" "$(cat "$minimal/$profile_path")"
  [[ $(stat -c '%a %U' "$minimal/$profile_path") == '644 root' ]] || fail "$profile_path has a wrong mode"
}

left_alone() {
  install_in_root this.deb
  in_root sh -c '! apparmor_parser -Q -K /usr/share/slipway/apparmor/slipway' >/dev/null 2>&1 ||
    fail "Debian 12's parser takes abi 4.0: the test is not what it says"
  ! placed || fail 'a profile that the parser refuses was placed'
  parser_accepts_all 'a parser that does not know abi 4.0 is left with what it knows'
}

comes_with_apparmor() {
  variant "$version+known" known in_known_abi
  variant "$version+next" next in_known_abi_changed
  apt_in_root purge apparmor
  install_in_root known.deb
  ! placed || fail 'without AppArmor a profile was placed'
  apt_in_root install apparmor
  profile_is_template 'AppArmor came later: the profile is placed by the trigger'
  parser_accepts_all 'the parser takes what was placed'
}

follows_upgrades() {
  install_in_root next.deb
  profile_is_template 'upgraded: a profile that nobody changed is the new one'
  echo '# of the operator' >>"$minimal/$profile_path"
  install_in_root known.deb
  grep -q 'of the operator' "$minimal/$profile_path" || fail 'a changed profile was replaced'
  ok 'downgraded: a profile that the operator changed stays'
  apt_in_root remove slipway
  placed || fail 'removing took a changed profile'
  ok 'removed: a changed profile stays'
  apt_in_root purge slipway
  ! placed || fail 'purging left the profile'
  install_in_root known.deb
  profile_is_template 'installed where AppArmor is: the profile is placed'
  rm "$minimal/$profile_path"
  install_in_root next.deb
  in_root dpkg-trigger --no-await /etc/apparmor.d/abi
  in_root dpkg --configure --pending >"$work/out" 2>&1 || { cat "$work/out" >&2; fail 'the trigger failed'; }
  ! placed || fail 'a profile that the operator removed came back'
  ok 'a profile that the operator removed stays away'
  apt_in_root purge slipway
  install_in_root known.deb
  apt_in_root remove slipway
  ! placed || fail 'removing left the profile that it had placed'
  ok 'removed: the profile that the package had placed is gone'
}

apparmor_in_root() {
  local before
  apt_in_root install apparmor
  before=$(tree_of_root)
  left_alone
  comes_with_apparmor
  follows_upgrades
  apt_in_root purge slipway
  same 'purged: nothing is left behind of AppArmor either' "$before" "$(tree_of_root)"
}
