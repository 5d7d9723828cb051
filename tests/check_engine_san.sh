#!/bin/bash
# The plugin under ASan+UBSan and under TSan: short jobs on a loop device in the stock fio, one per backend, and
# several threads that share a target while it is changed. $1: build folder with a configured fio (make all).
# fio itself is not instrumented: what is checked is the engine's code. Exit 77 without root or loop devices.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${1:-build}
[ "$(id -u)" -eq 0 ] && [ -e "$B/fio/config-host.h" ] || exit 77
dir=$(mktemp -d /dev/shm/passbench-san-XXXXXX)
loop=
# shellcheck disable=SC2317  # called through trap
cleanup() {
	[ -z "$loop" ] || losetup -d "$loop"
	rm -rf "$dir"
}
trap cleanup EXIT
truncate -s 16M "$dir/disk"
loop=$(losetup --direct-io=on --show -f "$dir/disk" 2>/dev/null) || { echo "SKIP engine sanitizers: no loop device" && exit 77; }
failed=0

build() { # name, flags
	# shellcheck disable=SC2086  # several flags
	gcc -D_GNU_SOURCE -DPB_FIO_VERSION="\"$(fio --version)\"" -include "$B/fio/config-host.h" -I. -isystem "$B/fio" \
		-std=gnu11 -O1 -g -fPIC -shared -Wl,-Bsymbolic $2 -o "$dir/$1.so" engine/ioengine/*.c \
		-Wl,-Bstatic -luring -Wl,-Bdynamic -lpthread
}

job() { # sanitizer, runtime library, what, option...
	local san=$1 lib=$2 what=$3
	shift 3
	# fio leaks by design, and an uninstrumented program cannot be linked with the runtime: it is loaded first;
	# setarch: TSan cannot lay out its shadow over a widely randomised address space
	LD_PRELOAD=$(gcc -print-file-name="$lib") ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
		TSAN_OPTIONS=exitcode=0 timeout 60 setarch -R fio --name=j \
		--ioengine="external:$dir/$san.so" --filename="$loop" --direct=1 --thread=1 --bs=4k --iodepth=8 --norandommap=1 \
		--page="$dir/page" "$@" >"$dir/out" 2>&1
	local status=$?
	# TSan sees only half of what fio's own threads do, and reports it; a race of ours has a line of ours in it
	if [ $status -eq 0 ] && ! grep -qE 'ERROR: AddressSan|runtime error|#[0-9]+ .* engine/(ioengine|lib)/' "$dir/out"; then
		echo "PASS engine $san $what"
	else
		echo "FAIL engine $san $what (status $status)"
		tail -n 40 "$dir/out"
		failed=1
	fi
}

sampler=
with_page() { # target, then a job whose page is sampled and steered meanwhile
	rm -f "$dir/page"
	"$dir/page_sampler" "$dir/page" "$1" steer &
	sampler=$!
	while [ ! -s "$dir/page" ]; do sleep 0.01; done
	shift
	job "$@"
	kill $sampler
	wait $sampler 2>/dev/null
}

gcc -I. -D_GNU_SOURCE -O1 -o "$dir/page_sampler" tests/bench/page_sampler.c engine/lib/page_read.c engine/lib/err.c || exit 1
build asan "-fsanitize=address,undefined -fno-sanitize-recover=all" || exit 1
build tsan "-fsanitize=thread" || exit 1
for backend in uring uring,sqpoll libaio psync; do
	with_page 4 asan libasan.so "$backend" --rw=randrw --fdatasync=8 --number_ios=2000 --backend=$backend
done
with_page 4 asan libasan.so "trims" --rw=trim --number_ios=200
with_page 4 asan libasan.so "a rate" --rw=randread --number_ios=2000 --rate_iops=100000
for backend in uring uring,sqpoll libaio; do
	with_page 8 tsan libtsan.so "$backend, three threads" --rw=randread --number_ios=2000 --numjobs=3 --backend=$backend
done
exit $failed
