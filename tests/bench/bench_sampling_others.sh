#!/bin/bash
# CPU time per sample, passbench over perf stat -I and over sar at the same rate, alternating runs (target 0.33)
# perf counts four software events, sar CPUs and interrupts; passbench, unless the line says otherwise, all it has here.
# CPU time is that of all threads of all processes of the tool between two instants of its run (schedstat).
set -u
B=${B:-build}
rounds=${ROUNDS:-3}
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
group=
trap '[ -z "$group" ] || kill -- -"$group" 2>/dev/null; rm -rf "$dir"' EXIT
disk=()
only=()
for d in /sys/block/*/device; do
	[ -e "$d" ] || continue
	disk=(--disk "/dev/$(basename "$(dirname "$d")")")
	break
done

# us of CPU time of the process group so far
used() {
	local p
	for p in $(pgrep -g "$group"); do cat "/proc/$p/task/"*/schedstat 2>/dev/null; done | awk '{ s += $1 } END { printf "%d\n", s / 1000 }'
}

# per_sample INTERVAL_MS SECONDS COMMAND...: us
per_sample() {
	local interval=$1 seconds=$2 a b
	shift 2
	setsid "$@" >/dev/null 2>&1 &
	group=$!
	sleep 1.5
	a=$(used)
	sleep "$seconds"
	b=$(used)
	kill -- -"$group" 2>/dev/null
	wait "$group" 2>/dev/null
	group=
	echo $(((b - a) * interval / (seconds * 1000)))
}

passbench() { # INTERVAL_MS SECONDS
	rm -rf "$dir/run"
	per_sample "$1" "$2" "$B/passbench" collect "${disk[@]}" "${only[@]}" --interval "$1ms" --duration 60s -o "$dir/run" --quiet
}
# Four software counters, the ones that every machine has.
perf_stat() {
	per_sample "$1" "$2" perf stat -a -I "$1" -e context-switches,cpu-migrations,page-faults,task-clock sleep 60
}
# CPUs and interrupts, what passbench calls cpu and interrupts; sar knows whole seconds only.
sar_all() {
	per_sample 1000 "$2" sar -u -P ALL -I ALL 1 60
}

# against TOOL INTERVAL_MS SECONDS TEXT
against() {
	local round ours theirs
	for round in $(seq "$rounds"); do
		if [ $((round % 2)) -eq 1 ]; then
			ours=$(passbench "$2" "$3")
			theirs=$("$1" "$2" "$3")
		else
			theirs=$("$1" "$2" "$3")
			ours=$(passbench "$2" "$3")
		fi
		echo "$ours $theirs"
	done | awk '{ print $1 / ($2 > 0 ? $2 : 1), $1, $2 }' | sort -n | awk -v t="$4" '{ r[NR] = $1; o[NR] = $2; p[NR] = $3 } END {
		m = int((NR + 1) / 2)
		printf "%-34s passbench %d us, other %d us, ratio median %.2f (%.2f..%.2f, %d rounds)\n", t, o[m], p[m], r[m], r[1], r[NR], NR }'
}

status=77
if command -v perf >/dev/null && perf stat -a -e context-switches true >/dev/null 2>&1; then
	status=0
	against perf_stat 10 4 "100 Hz, all sources / perf stat:"
	against perf_stat 100 5 "10 Hz, all sources / perf stat:"
else
	echo "perf: not measured (Debian package linux-perf, and the right to count)"
fi
if command -v sar >/dev/null; then
	status=0
	against sar_all 1000 6 "1 Hz, all sources / sar:"
	only=(--only "cpu,interrupts")
	against sar_all 1000 6 "1 Hz, CPUs and interrupts / sar:"
else
	echo "sar: not measured (Debian package sysstat)"
fi
exit $status
