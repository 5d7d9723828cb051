#!/bin/bash
# IOPS of passthru / fio's io_uring, same options, loop device over tmpfs, in alternating order
# Two lines per depth: against io_uring as it comes, and with what passthru registers by itself (fixedbufs,
# registerfiles). Median of PAIRS rounds (default 7), least and largest. All engines run in the stock fio.
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
dd if=/dev/urandom of="$dir/disk" bs=1M count=256 status=none
loop=$(losetup --direct-io=on --show -f "$dir/disk") || { echo "SKIP no loop device with direct I/O" && exit 77; }

iops() { # depth engine [option...]
	local depth=$1 engine=$2
	shift 2
	fio --name=bench --ioengine="$engine" "$@" --filename="$loop" --rw=randread --bs=4k --iodepth="$depth" --direct=1 \
		--thread=1 --norandommap=1 --time_based=1 --runtime="$seconds" --ramp_time=0.3 --readonly \
		--output-format=terse 2>/dev/null | cut -d';' -f8
}

ratio() { # depth label column: median of column 1 / column
	awk -v c="$3" '{ print $1 / $c }' | sort -n | awk -v d="$1" -v l="$2" '{ r[NR] = $1 } END {
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
	ratio $depth "io_uring" 2 <<<"$rounds"
	ratio $depth "io_uring,fixedbufs,registerfiles" 3 <<<"$rounds"
done
