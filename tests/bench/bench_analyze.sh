#!/bin/bash
# analyze of a run directory with a million rows: time and peak memory (target 1 s, 200 MB), hashing included
# ROWS of the unit tests' example machine; the best of TRIES, since the machine is shared. The report's time is printed, too.
set -u
B=${B:-build}
rows=${ROWS:-1000000}
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
trap 'rm -rf "$dir"' EXIT
[ -x /usr/bin/time ] || { echo "SKIP: needs /usr/bin/time" && exit 77; }
"$B/bench/bigrun" "$dir/run" "$rows" || exit 1

# measure LABEL COMMAND...: the fastest of the tries by the clock, and the largest memory
measure() {
	local label=$1
	shift
	for _ in $(seq "${TRIES:-5}"); do
		/usr/bin/time -a -o "$dir/$1.times" -f '%e %U %S %M' "$B/passbench" "$@" "$dir/run" >/dev/null || return 1
	done
	sort -n "$dir/$1.times" | awk -v label="$label" 'NR == 1 { s = sprintf("%.2f s (user %.2f, system %.2f)", $1, $2, $3) }
		$4 > peak { peak = $4 } END { printf "%-8s %s, %.0f MB at most\n", label, s, peak / 1024 }'
}

echo "$(($(cat "$dir"/run/*.csv "$dir"/run/host/*.csv "$dir"/run/guest/*/*.csv | wc -l))) rows, $(du -sm "$dir/run" | cut -f1) MB; $(nproc) CPUs, load $(cut -d' ' -f1 /proc/loadavg)"
measure analyze analyze && measure md report --format md
