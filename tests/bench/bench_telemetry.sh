#!/bin/bash
# IOPS of passthru with its page sampled every 100 ms / without a page, loop device over tmpfs, pairs in alternating order
# One line per depth: median ratio over PAIRS pairs (default 15) of WINDOW each (default 500ms), least and largest.
set -u
B=${B:-build}
pairs=${PAIRS:-15}
window=${WINDOW:-500ms}
[ "$(id -u)" -eq 0 ] || { echo "SKIP not root: no loop device" && exit 77; }
[ -x "$B/bench/page_sampler" ] || { echo "SKIP $B/bench/page_sampler is not built: make bench" && exit 77; }
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
mount -t tmpfs -o size=300m tmpfs "$dir" || { echo "SKIP no tmpfs" && exit 77; }
loop=
# a loop device lets go of its file a moment after it was told to
trap 'losetup -d "$loop" 2>/dev/null; umount -l "$dir"; rmdir "$dir"' EXIT
truncate -s 256M "$dir/disk"
loop=$(losetup --direct-io=on --show -f "$dir/disk") || { echo "SKIP no loop device with direct I/O" && exit 77; }

fio_iops() { # depth [option...]
	local depth=$1
	shift
	nice -n -20 fio --name=bench --ioengine="external:$(realpath "$B")/passthru.so" "$@" --filename="$loop" --rw=randread --bs=4k \
		--iodepth="$depth" --direct=1 --thread=1 --norandommap=1 --time_based=1 --runtime="$window" --ramp_time=100ms \
		--readonly --output-format=terse 2>/dev/null | cut -d';' -f8
}

with_page() { # depth
	rm -f "$dir/page"
	"$B/bench/page_sampler" "$dir/page" 0 &
	local reader=$!
	while [ ! -s "$dir/page" ]; do sleep 0.01; done
	fio_iops "$1" "--page=$dir/page"
	kill $reader
	wait $reader 2>/dev/null
}

for depth in 1 16 64; do
	for pair in $(seq "$pairs"); do
		if [ $((pair % 2)) -eq 1 ]; then
			a=$(with_page $depth)
			b=$(fio_iops $depth)
		else
			b=$(fio_iops $depth)
			a=$(with_page $depth)
		fi
		echo "$a $b"
	done | awk '$1 > 0 && $2 > 0 { print $1 / $2 }' | sort -n | awk -v d=$depth '{ r[NR] = $1 } END {
		if (!NR) { print "fio failed"; exit 1 }
		printf "depth %3d: with telemetry / without median %.3f (%.3f..%.3f, %d pairs)\n", d, r[int((NR + 1) / 2)], r[1], r[NR], NR }' || exit 1
done
