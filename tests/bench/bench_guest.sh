#!/bin/bash
# IOPS of passthru / fio's io_uring, same options, VFIO disk in the lab's guest, in alternating order
# As bench_engine.sh, but where the engine belongs: an NVMe disk without limits, given through VFIO to a guest of two
# vCPUs, both engines in the same static fio, the page filled and read. PAIRS rounds (default 9) of 0.7 s each. CPUs, disk
# and IOMMU are emulated, so that a system call or an interrupt costs another share of an I/O than on hardware: this shows
# that passthru in a guest does not cost more than io_uring, not what a real disk would give.
set -u
build=$(realpath "${B:-build}")
pairs=${PAIRS:-9}
[ "$(id -u)" -eq 0 ] || { echo "SKIP not root: the lab cannot be booted" && exit 77; }
[ -x "$build/bench/guest_engines" ] || { echo "SKIP $build/bench/guest_engines is not built: make bench" && exit 77; }
PASSBENCH_AGENT=$build/passbench-agent timeout -k 10 600 "$build/passbench" lab run --scenario unlimited -- \
	"$build/bench/guest_engines" PBLAB0001 launch:cpus=2,mem=512M,cpuset=0-1 "$pairs" /tmp/bench-run &
pid=$!
trap 'kill $pid 2>/dev/null' EXIT
# Before all other load, or that would be what is compared. The machine is in a session of its own, and where the kernel
# groups tasks by session, nice alone says nothing across sessions.
while kill -0 $pid 2>/dev/null; do
	for qemu in $(pgrep -P "$(pgrep -P $pid passbench)" qemu-system); do
		echo -20 2>/dev/null >"/proc/$qemu/autogroup"
	done
	sleep 1
done
wait $pid
status=$?
[ $status -ne 5 ] || { echo "SKIP the lab does not run here (above says why)" && exit 77; }
exit $status
