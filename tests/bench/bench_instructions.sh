#!/bin/bash
# user-space instructions per I/O of passthru and fio's io_uring, counted by callgrind, loop device over tmpfs
# Of the job's own thread: fio's main thread polls for as long as the job takes, which is not the engine's doing and
# never the same twice. The same job with two sizes; the difference leaves its start and end out. Twice: with fio's
# defaults, where io_uring records a submission latency and passthru has none, and with disable_slat=1, where
# neither does.
set -u
B=${B:-build}
few=${FEW:-4000} many=${MANY:-24000}
[ "$(id -u)" -eq 0 ] || { echo "SKIP not root: no loop device" && exit 77; }
command -v valgrind >/dev/null || { echo "SKIP no valgrind: make deps-check-tools installs it" && exit 77; }
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
mount -t tmpfs -o size=300m tmpfs "$dir" || { echo "SKIP no tmpfs" && exit 77; }
loop=
# a loop device lets go of its file a moment after it was told to
trap 'losetup -d "$loop" 2>/dev/null; umount -l "$dir"; rmdir "$dir"' EXIT
truncate -s 256M "$dir/disk"
loop=$(losetup --direct-io=on --show -f "$dir/disk") || { echo "SKIP no loop device with direct I/O" && exit 77; }

# Instructions of the job's thread, the last one that fio starts. gtod_cpu and the like would hide what a run really
# costs: nothing is left out.
instructions() { # I/Os depth engine [option...]
	local n=$1 depth=$2 engine=$3
	shift 3
	rm -f "$dir"/count*
	valgrind --tool=callgrind --separate-threads=yes --callgrind-out-file="$dir/count" fio --name=bench --ioengine="$engine" "$@" \
		--filename="$loop" --rw=randread --bs=4k --iodepth="$depth" --direct=1 --thread=1 --norandommap=1 --readonly \
		--number_ios="$n" >"$dir/said" 2>&1 || { cat "$dir/said" >&2 && return 1; }
	# count-01 is the main thread, then come helpers and jobs in the order in which they started
	sed -n 's/^totals: *//p' "$(printf '%s\n' "$dir"/count-* | tail -n 1)"
}

per_io() { # depth engine [option...]
	local a b
	a=$(instructions "$few" "$@") && b=$(instructions "$many" "$@") || return 1
	[ -n "$a" ] && [ -n "$b" ] || return 1
	echo $(((b - a) / (many - few)))
}

for slat in 0 1; do
	for depth in ${DEPTHS:-1 16 64}; do
		ours=$(per_io "$depth" "external:$(realpath "$B")/passthru.so" --disable_slat=$slat) || exit 1
		theirs=$(per_io "$depth" io_uring --disable_slat=$slat) || exit 1
		fixed=$(per_io "$depth" io_uring --disable_slat=$slat --fixedbufs=1 --registerfiles=1) || exit 1
		awk -v d="$depth" -v s=$slat -v a="$ours" -v b="$theirs" -v c="$fixed" 'BEGIN {
			printf "disable_slat=%d depth %3d: passthru %d, io_uring %d, with fixedbufs,registerfiles %d: ratio %.3f and %.3f\n",
				s, d, a, b, c, a / b, a / c }'
	done
done
