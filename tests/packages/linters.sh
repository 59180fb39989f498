# shellcheck shell=bash disable=SC2154
# Both distributions' own judgement. What is passed over has its reason, in
# packaging/debian/slipway.lintian-overrides and in rpmlint.toml.

dbgsym=$root/dist/slipway-dbgsym_${version}_$(dpkg --print-architecture).deb
said=$(lintian --pedantic --display-info --tag-display-limit 0 --allow-root \
  --suppress-tags cannot-check-whether-usr-share-doc-symlink-points-to-foreign-package "$deb" "$dbgsym" 2>&1 |
  grep -E '^[A-Z]:' || :)
same 'lintian --pedantic finds nothing' '' "$said"
said=$(rpmlint --config "$here/rpmlint.toml" "$rpm" "$source_rpm" 2>&1 | grep -E ': [EW]: ' || :)
same 'rpmlint finds nothing' '' "$said"
