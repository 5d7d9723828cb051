#!/bin/bash
# Regret of tune --apply in the lab: what it left against the best of all values of the same knobs, and in which share of
# the time. Arguments: scenarios (default: stacked-vcpus unlimited writethrough). $B: build folder. $PAIRS, $WINDOW: of every
# measurement, tune's and the search's alike; $LAST_PAIRS: of the last one. Takes 20 minutes a scenario, so no other target
# runs it.
#
# The search is tune itself over one finding for each combination, so that both measure in the same way: each combination
# against the machine as found, in turns. Its best median and what tune left are then measured again, twice each; regret is
# how far the latter lies below the former, with the interval of that difference.
set -u
B=$(realpath "${B:-build}")
here=$(realpath "$(dirname "$0")")
out=$(mktemp -d /tmp/passbench-regret-XXXXXX)
failed=0
command -v jq >/dev/null || { echo "SKIP no jq" && exit 77; }
[ $# -gt 0 ] || set -- stacked-vcpus unlimited writethrough
for scenario in "$@"; do
	timeout 3000 "$B/passbench" lab run --scenario "$scenario" --out "$out/$scenario" -- \
		env "PAIRS=${PAIRS:-8}" "LAST_PAIRS=${LAST_PAIRS:-32}" "WINDOW=${WINDOW:-1s}" bash "$here/inside_regret.sh" "$B/passbench" \
		"$out/$scenario" "$scenario" >"$out/$scenario.log" 2>&1 || failed=1
	grep -a '^regret' "$out/$scenario.log" || tail -n 20 "$out/$scenario.log"
done
echo "results are in $out"
exit $failed
