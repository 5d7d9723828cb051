#!/bin/bash
# change points on series with known steps: precision, recall, false alarms; time of history commands with 1,000 runs
# SERIES series for each line of the tables (default 200). A change counts as found within 2 runs of its place;
# tables are seeded and the same everywhere, times are not.
set -u
B=${B:-build}
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
trap 'rm -rf "$dir"' EXIT
"$B/bench/changes_find" "${SERIES:-200}" || exit 1

db=$dir/history.db
"$B/bench/changes_find" "$db" || exit 1
echo "a history of 1,000 runs with 20 metrics: $(stat -c %s "$db") bytes"
# timed NAME COMMAND...: median of TRIES wall times
timed() {
	local name=$1 start
	shift
	for _ in $(seq "${TRIES:-5}"); do
		start=$(date +%s.%N)
		"$@" >"$dir/out" || exit 1
		awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.3f\n", b - a }'
	done | sort -n | awk -v name="$name" '{ t[NR] = $1 } END { printf "%s: %.2f s (%.2f..%.2f)\n", name, t[int((NR + 1) / 2)], t[1], t[NR] }'
}
timed "history list" "$B/passbench" history list --quiet --db "$db"
timed "history changes, 20 metrics" "$B/passbench" history changes --quiet --db "$db"
timed "history export" "$B/passbench" history export --quiet --db "$db"
# The run is there from the second time on; the database is opened, locked and checked whole all the same.
timed "history add" "$B/passbench" history add --quiet --db "$db" tests/fixtures/run-vfio
