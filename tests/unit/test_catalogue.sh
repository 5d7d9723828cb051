#!/bin/bash
# Every text of the reports stands in every catalogue, translated, with the same placeholders. gettext's own
# tools look: xgettext for the texts, msgcmp for what is missing, msgfmt for what is wrong.
set -u
cd "$(dirname "$0")/../.." || exit 2
for tool in xgettext msgcmp msgfmt perl; do
	command -v $tool >/dev/null || {
		echo "SKIP unit/test_catalogue: no $tool (make deps-test installs gettext)"
		exit 77
	}
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# check NAME COMMAND...: what the command says is why it failed.
check() {
	local name=$1
	shift
	if "$@" >"$work/log" 2>&1; then
		echo "PASS unit/test_catalogue: $name"
	else
		echo "FAIL unit/test_catalogue: $name"
		sed 's/^/    /' "$work/log"
		failed=1
	fi
}

bash tests/texts.sh >"$work/texts.pot" || exit 1
[ "$(grep -c '^msgid' "$work/texts.pot")" -gt 100 ] || {
	echo "FAIL unit/test_catalogue: the texts of the reports are not found"
	exit 1
}

for lang in $(sed -nE 's/^PB_LANG\(([a-z]+),.*/\1/p' reports/lang.def | grep -vx en); do
	check "$lang is complete" msgcmp "reports/$lang.po" "$work/texts.pot"
	check "$lang has the placeholders of the original" msgfmt --check-format --check-domain -o /dev/null "reports/$lang.po"
	check "$lang has no text that nothing says" msgcmp --use-untranslated "$work/texts.pot" "reports/$lang.po"
done

# The check itself: a text more than the catalogue has must be noticed.
cp "$work/texts.pot" "$work/more.pot"
printf '\nmsgid "a text that nobody translated"\nmsgstr ""\n' >>"$work/more.pot"
check "a missing translation is noticed" sh -c "! msgcmp reports/zh.po $work/more.pot"
exit $failed
