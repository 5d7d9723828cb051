#!/bin/bash
# analyze and report of a one-hour run, all collectors at 10 Hz: seconds, memory, size of the page (target 5 s, 3 MB)
# The unit tests' example machine with 8 CPUs and 9 vectors; the best of TRIES, since the machine is shared.
set -u
B=${B:-build}
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
trap 'rm -rf "$dir"' EXIT
[ -x /usr/bin/time ] || { echo "SKIP: needs /usr/bin/time" && exit 77; }
command -v gnuplot >/dev/null || { echo "SKIP: needs gnuplot" && exit 77; }
"$B/bench/bigrun" "$dir/run" hour || exit 1

# measure LABEL COMMAND...: the fastest of the tries by the clock, and the largest memory
measure() {
	local label=$1
	shift
	for _ in $(seq "${TRIES:-5}"); do
		/usr/bin/time -a -o "$dir/$label.times" -f '%e %U %S %M' "$B/passbench" "$@" >/dev/null || return 1
	done
	sort -n "$dir/$label.times" | awk -v label="$label" 'NR == 1 { s = sprintf("%.2f s (user %.2f, system %.2f)", $1, $2, $3) }
		$4 > peak { peak = $4 } END { printf "%-8s %s, %.0f MB at most\n", label, s, peak / 1024 }'
}

echo "$(cat "$dir"/run/*.csv "$dir"/run/host/*.csv "$dir"/run/guest/*/*.csv | wc -l) rows, $(du -sm "$dir/run" | cut -f1) MB; $(nproc) CPUs, load $(cut -d' ' -f1 /proc/loadavg)"
measure analyze analyze --quiet "$dir/run" && measure html report --quiet --format html "$dir/run" && measure report report --quiet "$dir/run" || exit 1
page=$dir/run/report/index.html
echo "index.html $(stat -c %s "$page") bytes, $(gzip -c "$page" | wc -c) compressed; charts: $(cd "$dir/run/report/charts" && stat -c '%n %s' ./*.svg | sed 's|^./||' | sort -k2nr | head -4 | tr '\n' ' ')"
