#!/bin/bash
# User-space instructions per I/O of passthru and fio's io_uring, counted by callgrind
# The same job with two sizes; the difference leaves start and end of fio out. depth 16, loop device over tmpfs.
set -u
B=${B:-build}
few=${FEW:-4000} many=${MANY:-24000}
[ "$(id -u)" -eq 0 ] && command -v valgrind >/dev/null || exit 77
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
mount -t tmpfs -o size=300m tmpfs "$dir" || exit 77
loop=
# a loop device lets go of its file a moment after it was told to
trap 'losetup -d "$loop" 2>/dev/null; umount -l "$dir"; rmdir "$dir"' EXIT
truncate -s 256M "$dir/disk"
loop=$(losetup --direct-io=on --show -f "$dir/disk") || exit 77

# Instructions of a whole fio run. gtod_cpu and the like would hide what a run really costs: nothing is left out.
instructions() { # I/Os depth engine [option...]
	local n=$1 depth=$2 engine=$3
	shift 3
	valgrind --tool=callgrind --callgrind-out-file=/dev/null fio --name=bench --ioengine="$engine" "$@" \
		--filename="$loop" --rw=randread --bs=4k --iodepth="$depth" --direct=1 --thread=1 --norandommap=1 --readonly \
		--number_ios="$n" 2>&1 | sed -n 's/.*Collected : *//p'
}

per_io() { # depth engine [option...]
	local a b
	a=$(instructions "$few" "$@")
	b=$(instructions "$many" "$@")
	[ -n "$a" ] && [ -n "$b" ] || return 1
	echo $(((b - a) / (many - few)))
}

for depth in ${DEPTHS:-1 16 64}; do
	ours=$(per_io "$depth" "external:$(realpath "$B")/passthru.so") || exit 1
	theirs=$(per_io "$depth" io_uring) || exit 1
	fixed=$(per_io "$depth" io_uring --fixedbufs=1 --registerfiles=1) || exit 1
	awk -v d="$depth" -v a="$ours" -v b="$theirs" -v c="$fixed" 'BEGIN {
		printf "depth %3d: passthru %d, io_uring %d, io_uring,fixedbufs,registerfiles %d: ratio %.3f and %.3f\n", d, a, b, c, a / b, a / c }'
done
