#!/bin/bash
# Parsing one sample of /proc/interrupts on a synthetic host, 512 CPUs and 4096 vectors (target 5 ms), and memory of a collection (64 MB)
set -u
B=${B:-build}
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/root/proc"
awk -v CPUS=512 -v IRQS=4096 -f tests/bench/bighost.awk >"$dir/root/proc/interrupts"
gcc -O2 -I. -D_GNU_SOURCE -o "$dir/parse" tests/bench/interrupts_parse.c engine/collectors/irqcount.c engine/collectors/irqtext.c \
	engine/lib/buf.c || exit 1
echo "one sample, a third of the counters that are not 0 changed: $(nice -n -20 "$dir/parse" "$dir/root/proc/interrupts" 512)"
"$B/passbench" collect --root "$dir/root" --only interrupts --duration 3s -o "$dir/run" --quiet &
pid=$!
peak=
while sleep 0.2 && kb=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$pid/status" 2>/dev/null) && [ -n "$kb" ]; do peak=$kb; done
wait $pid || exit 1
echo "memory of passbench collect there: $((peak / 1024)) MB at most"
