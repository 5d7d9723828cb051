#!/bin/bash
# IOPS of passthru / fio's io_uring, same options, loop device over tmpfs, in alternating order
# Two lines per depth: against io_uring as it comes, and with what passthru registers by itself (fixedbufs,
# registerfiles). Median of PAIRS rounds (default 15) of WINDOW (default 500ms) each, least and largest: many short ones, because
# other load comes and goes. All engines run in the stock fio.
set -u
B=${B:-build}
pairs=${PAIRS:-15}
window=${WINDOW:-500ms}
[ "$(id -u)" -eq 0 ] || { echo "SKIP not root: no loop device" && exit 77; }
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
mount -t tmpfs -o size=300m tmpfs "$dir" || { echo "SKIP no tmpfs" && exit 77; }
loop=
# a loop device lets go of its file a moment after it was told to
trap 'losetup -d "$loop" 2>/dev/null; umount -l "$dir"; rmdir "$dir"' EXIT
dd if=/dev/urandom of="$dir/disk" bs=1M count=256 status=none
loop=$(losetup --direct-io=on --show -f "$dir/disk") || { echo "SKIP no loop device with direct I/O" && exit 77; }

iops() { # depth engine [option...]
	local depth=$1 engine=$2
	shift 2
	nice -n -20 fio --name=bench --ioengine="$engine" "$@" --filename="$loop" --rw=randread --bs=4k --iodepth="$depth" --direct=1 \
		--thread=1 --norandommap=1 --time_based=1 --runtime="$window" --ramp_time=100ms --readonly \
		--output-format=terse 2>/dev/null | cut -d';' -f8
}

ratio() { # depth label column: median of column 1 / column
	awk -v c="$3" '$1 > 0 && $c > 0 { print $1 / $c }' | sort -n | awk -v d="$1" -v l="$2" '{ r[NR] = $1 } END {
		if (!NR) { print "fio failed"; exit 1 }
		printf "depth %3d: passthru / %-32s median %.3f (%.3f..%.3f, %d rounds)\n", d, l, r[int((NR + 1) / 2)], r[1], r[NR], NR }'
}

for depth in 1 16 64; do
	rounds=$(for round in $(seq "$pairs"); do
		order="passthru plain fixed"
		[ $((round % 2)) -eq 1 ] || order="fixed plain passthru"
		for which in $order; do
			case $which in
			passthru) a=$(iops $depth "external:$(realpath "$B")/passthru.so") ;;
			plain) b=$(iops $depth io_uring) ;;
			fixed) c=$(iops $depth io_uring --fixedbufs=1 --registerfiles=1) ;;
			esac
		done
		echo "$a $b $c"
	done)
	ratio $depth "io_uring" 2 <<<"$rounds" || exit 1
	ratio $depth "io_uring,fixedbufs,registerfiles" 3 <<<"$rounds" || exit 1
done
