# shellcheck shell=bash disable=SC2154
# Both distributions' own judgement. What is passed over has its reason, in
# packaging/debian/slipway.lintian-overrides and in rpmlint.toml.

dbgsym=$root/dist/slipway-dbgsym_${version}_$(dpkg --print-architecture).deb
# A linter that could not run has found nothing either: so its own words are asked for.
ran=0
said=$(lintian --pedantic --display-info --tag-display-limit 0 --allow-root --fail-on error,warning,info,pedantic \
  --suppress-tags cannot-check-whether-usr-share-doc-symlink-points-to-foreign-package "$deb" "$dbgsym" 2>&1) || ran=$?
same 'lintian --pedantic finds nothing' '' "$said"
same 'lintian has run' 0 $ran
said=$(rpmlint --config "$here/rpmlint.toml" "$rpm" "$source_rpm" 2>&1) || :
same 'rpmlint finds nothing' '' "$(grep -E ': [EW]: ' <<<"$said" || :)"
same 'rpmlint has run' yes "$(grep -qE ' 0 errors, 0 warnings' <<<"$said" && echo yes || echo "$said")"
