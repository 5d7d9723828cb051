#!/bin/bash
# Measures two builds of passbench in turns: base new, new base, base new, ... so that a machine that becomes
# slower or faster meanwhile does so for both. Runs anywhere passbench can measure: on a runner with a disk, or inside
# the lab (gate.sh). Goes on where an earlier call was interrupted.
#
# usage: interleave.sh PAIRS RESULTS BASE_PASSBENCH NEW_PASSBENCH RUN_OPTIONS...
#        makes RESULTS/base/1 .. PAIRS and RESULTS/new/1 .. PAIRS
# A run that is not valid (exit status 4: throttled, not steady, failed I/O) is repeated, REPEATS times in all (3).
# Exit status: 0, or that of the run that failed.
set -u
usage() {
	echo "usage: interleave.sh PAIRS RESULTS BASE_PASSBENCH NEW_PASSBENCH RUN_OPTIONS...: $1" >&2
	exit 2
}
[ $# -ge 5 ] || usage "five arguments or more"
pairs=$1 results=$2 base=$3 new=$4
shift 4
# with fewer no difference could ever be shown for many numbers at once
if [[ ! $pairs =~ ^[1-9][0-9]{0,3}$ ]] || [ "$pairs" -lt 6 ]; then
	usage "PAIRS is 6 or more, not '$pairs'"
fi
repeats=${REPEATS:-3}

# complete DIR: a run that has ended
complete() { grep -qs '"state": "complete"' "$1/manifest.json"; }

# measure ARM PAIR PASSBENCH RUN_OPTIONS...
measure() {
	local arm=$1 dir=$results/$1/$2 passbench=$3 status
	shift 3
	complete "$dir" && return 0
	while :; do
		"$passbench" run "$@" -o "$dir"
		status=$?
		[ $status -eq 4 ] && [ "$repeats" -gt 0 ] || return $status
		repeats=$((repeats - 1))
		echo "$arm ${dir##*/}: not valid, measured again" >&2
		rm -rf "$dir"
	done
}

mkdir -p "$results/base" "$results/new" || exit 5
for ((pair = 1; pair <= pairs; pair++)); do
	order=(base new)
	[ $((pair % 2)) -eq 1 ] || order=(new base)
	for arm in "${order[@]}"; do
		passbench=$base
		[ "$arm" = base ] || passbench=$new
		measure "$arm" "$pair" "$passbench" "$@" || exit $?
	done
done
