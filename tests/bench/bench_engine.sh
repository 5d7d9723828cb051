#!/bin/bash
# IOPS of passthru / fio's io_uring, same options, loop device over tmpfs, pairs in alternating order
# One line per depth: median ratio over PAIRS pairs (default 7), least and largest. Both engines run in the stock fio.
set -u
B=${B:-build}
pairs=${PAIRS:-7}
seconds=${SECONDS_EACH:-2}
[ "$(id -u)" -eq 0 ] || exit 77
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
mount -t tmpfs -o size=600m tmpfs "$dir" || exit 77
trap 'losetup -d "$loop" 2>/dev/null; umount "$dir"; rmdir "$dir"' EXIT
dd if=/dev/urandom of="$dir/disk" bs=1M count=512 status=none
loop=$(losetup --direct-io=on --show -f "$dir/disk") || exit 77

iops() { # engine depth
	fio --name=bench --ioengine="$1" --filename="$loop" --rw=randread --bs=4k --iodepth="$2" --direct=1 --thread=1 \
		--time_based=1 --runtime="$seconds" --ramp_time=0.5 --readonly --output-format=terse 2>/dev/null | cut -d';' -f8
}

for depth in 1 16 64; do
	for pair in $(seq "$pairs"); do
		if [ $((pair % 2)) -eq 1 ]; then
			a=$(iops "external:$PWD/$B/passthru.so" $depth)
			b=$(iops io_uring $depth)
		else
			b=$(iops io_uring $depth)
			a=$(iops "external:$PWD/$B/passthru.so" $depth)
		fi
		echo "$a $b"
	done | awk '{ print $1 / $2 }' | sort -n | awk -v d=$depth '{ r[NR] = $1 } END {
		printf "depth %3d: passthru / io_uring median %.3f (%.3f..%.3f, %d pairs)\n", d, r[int((NR + 1) / 2)], r[1], r[NR], NR }'
done
