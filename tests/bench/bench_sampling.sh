#!/bin/bash
# CPU time of sampling: all sources at 10 Hz (target 0.3% of a CPU), at 100 Hz (1%); jitter of the sampling instant, idle and with every CPU busy
set -u
B=${B:-build}
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; rm -rf "$dir"' EXIT
disk=()
for d in /sys/block/*/device; do
	[ -e "$d" ] || continue
	disk=(--disk "/dev/$(basename "$(dirname "$d")")")
	break
done

# collect LABEL INTERVAL DURATION: what the manifest says of it
collect() {
	rm -rf "$dir/run"
	"$B/passbench" collect "${disk[@]}" --interval "$2" --duration "$3" -o "$dir/run" --quiet || exit 1
	python3 - "$1" "$dir/run/manifest.json" <<'PY'
import json, sys
m = json.load(open(sys.argv[2]))
s = m["sampling"]
n = s["ticks"]
print("%-22s %.2f%% of a CPU, late by %.0f us median, %.0f us p99, %.0f us at most, %d of %d instants missed, %s" % (
    sys.argv[1], 100 * s["cpu_share"], s["late_p50_ns"] / 1e3, s["late_p99_ns"] / 1e3, s["late_max_ns"] / 1e3,
    s["missed_ticks"], n + s["missed_ticks"], s["scheduling"]))
each = sorted(((c["cpu_ns"], c["name"]) for c in m["collectors"] if c["status"] == "ok"), reverse=True)
print("    us per instant: " + ", ".join("%s %.1f" % (name, ns / 1e3 / n) for ns, name in each) +
      ", writer %.1f, waking up and the rest %.1f" % (
          s["writer_cpu_ns"] / 1e3 / n, (s["sampler_cpu_ns"] - sum(ns for ns, _ in each)) / 1e3 / n))
PY
}

command -v python3 >/dev/null || { echo "SKIP: needs python3 to read the manifest" && exit 77; }
echo "$(nproc) CPUs, load $(cut -d' ' -f1 /proc/loadavg), ${disk[1]:-no disk}"
collect "10 Hz" 100ms 20s
collect "100 Hz" 10ms 10s
for _ in $(seq "$(nproc)"); do
	while :; do :; done &
	pids+=($!)
done
collect "10 Hz, all CPUs busy" 100ms 10s
collect "100 Hz, all CPUs busy" 10ms 10s
