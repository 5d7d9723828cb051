#!/bin/bash
# compare: false alarms (target 1%), steps of 5% found (target 95%), and seconds for two one-hour runs (target 2 s)
# Simulated with fixed seeds, COMPARISONS of each kind; the hour is that of bench_report.sh, all collectors at 10 Hz.
set -u
B=${B:-build}
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
trap 'rm -rf "$dir"' EXIT
[ -x /usr/bin/time ] || { echo "SKIP: needs /usr/bin/time" && exit 77; }
"$B/bench/compare_rates" "${COMPARISONS:-1000}" || exit 1
"$B/bench/bigrun" "$dir/base" hour && cp -r "$dir/base" "$dir/new" || exit 1
# A manifest is not among the files it hashes: the copy is a run of another time.
sed -i 's/"started_utc": "2026-11-23T10/"started_utc": "2026-11-23T12/' "$dir/new/manifest.json"
for _ in $(seq "${TRIES:-5}"); do
	/usr/bin/time -a -o "$dir/times" -f '%e %U %S %M' "$B/passbench" compare "$dir/base" "$dir/new" >"$dir/out"
	# One run of each side is no verdict: status 4.
	[ $? -eq 4 ] || { cat "$dir/out" && exit 1; }
done
echo "two one-hour runs, $(du -sm "$dir/base" | cut -f1) MB each; $(nproc) CPUs, load $(cut -d' ' -f1 /proc/loadavg):"
grep -v Command "$dir/times" | sort -n | awk 'NR == 1 { s = sprintf("%.2f s (user %.2f, system %.2f)", $1, $2, $3) }
	$4 > peak { peak = $4 } END { printf "compare  %s, %.0f MB at most\n", s, peak / 1024 }'
