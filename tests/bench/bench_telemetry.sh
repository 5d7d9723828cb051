#!/bin/bash
# IOPS of passthru with its page sampled every 100 ms / without a page, loop device over tmpfs, pairs in alternating order
# One line per depth: median ratio over PAIRS pairs (default 7), least and largest.
set -u
B=${B:-build}
pairs=${PAIRS:-7}
seconds=${SECONDS_EACH:-1}
[ "$(id -u)" -eq 0 ] || { echo "SKIP not root: no loop device" && exit 77; }
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
mount -t tmpfs -o size=300m tmpfs "$dir" || { echo "SKIP no tmpfs" && exit 77; }
loop=
# shellcheck disable=SC2317  # called at the end
tidy() { # a loop device lets go of its file a moment after it was told to
	losetup -d "$loop" 2>/dev/null
	umount -l "$dir"
	rmdir "$dir"
}
. "$(dirname "$0")/priority.sh"
priority tidy
truncate -s 256M "$dir/disk"
loop=$(losetup --direct-io=on --show -f "$dir/disk") || { echo "SKIP no loop device with direct I/O" && exit 77; }
gcc -I. -D_GNU_SOURCE -O2 -o "$dir/page_sampler" tests/bench/page_sampler.c engine/lib/page_read.c engine/lib/err.c || exit 1

fio_iops() { # depth [option...]
	local depth=$1
	shift
	fio --name=bench --ioengine="external:$(realpath "$B")/passthru.so" "$@" --filename="$loop" --rw=randread --bs=4k \
		--iodepth="$depth" --direct=1 --thread=1 --norandommap=1 --time_based=1 --runtime="$seconds" --ramp_time=0.3 \
		--readonly --output-format=terse 2>/dev/null | cut -d';' -f8
}

with_page() { # depth
	rm -f "$dir/page"
	"$dir/page_sampler" "$dir/page" 0 &
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
	done | awk '{ print $1 / $2 }' | sort -n | awk -v d=$depth '{ r[NR] = $1 } END {
		printf "depth %3d: with telemetry / without median %.3f (%.3f..%.3f, %d pairs)\n", d, r[int((NR + 1) / 2)], r[1], r[NR], NR }'
done
