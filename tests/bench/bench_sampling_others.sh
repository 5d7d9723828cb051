#!/bin/bash
# CPU time per sample, passbench over perf stat -I and over sar at the same rate, alternating runs (target 0.33)
# perf counts four software events, sar CPUs and interrupts; passbench, unless the line says otherwise, all it has here.
# What a sample costs is the difference between a long and a short run, over the samples between: starting is left out.
set -u
B=${B:-build}
rounds=${ROUNDS:-3}
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
trap 'rm -rf "$dir"' EXIT
gcc -O2 -D_GNU_SOURCE -o "$dir/cputime" tests/bench/cputime.c || exit 1
disk=()
only=()
for d in /sys/block/*/device; do
	[ -e "$d" ] || continue
	disk=(--disk "/dev/$(basename "$(dirname "$d")")")
	break
done

passbench() { # INTERVAL_MS SECONDS
	rm -rf "$dir/run"
	"$dir/cputime" "$B/passbench" collect "${disk[@]}" "${only[@]}" --interval "$1ms" --duration "$2s" -o "$dir/run" --quiet
}
# Four software counters, the ones that every machine has.
perf_stat() {
	"$dir/cputime" perf stat -a -I "$1" -e context-switches,cpu-migrations,page-faults,task-clock sleep "$2"
}
# CPUs and interrupts, what passbench calls cpu and interrupts; sar knows whole seconds only.
sar_all() {
	"$dir/cputime" sar -u -P ALL -I ALL 1 "$2"
}

# per_sample TOOL INTERVAL_MS SHORT LONG: us
per_sample() {
	local a b
	a=$("$1" "$2" "$3") && b=$("$1" "$2" "$4") || exit 1
	echo $(((b - a) * $2 / (($4 - $3) * 1000)))
}

# against TOOL INTERVAL_MS SHORT LONG TEXT
against() {
	local round ours theirs
	for round in $(seq "$rounds"); do
		if [ $((round % 2)) -eq 1 ]; then
			ours=$(per_sample passbench "$2" "$3" "$4")
			theirs=$(per_sample "$1" "$2" "$3" "$4")
		else
			theirs=$(per_sample "$1" "$2" "$3" "$4")
			ours=$(per_sample passbench "$2" "$3" "$4")
		fi
		echo "$ours $theirs"
	done | awk '{ print $1 / ($2 > 0 ? $2 : 1), $1, $2 }' | sort -n | awk -v t="$5" '{ r[NR] = $1; o[NR] = $2; p[NR] = $3 } END {
		m = int((NR + 1) / 2)
		printf "%-34s passbench %d us, other %d us, ratio median %.2f (%.2f..%.2f, %d rounds)\n", t, o[m], p[m], r[m], r[1], r[NR], NR }'
}

status=77
if command -v perf >/dev/null && perf stat -a -e context-switches true >/dev/null 2>&1; then
	status=0
	against perf_stat 10 1 5 "100 Hz, all sources / perf stat:"
	against perf_stat 100 1 6 "10 Hz, all sources / perf stat:"
else
	echo "perf: not measured (Debian package linux-perf, and the right to count)"
fi
if command -v sar >/dev/null; then
	status=0
	against sar_all 1000 2 8 "1 Hz, all sources / sar:"
	only=(--only "cpu,interrupts")
	against sar_all 1000 2 8 "1 Hz, CPUs and interrupts / sar:"
else
	echo "sar: not measured (Debian package sysstat)"
fi
exit $status
