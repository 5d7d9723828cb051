#!/bin/bash
# Runs inside the lab's machine: polled completions for real. The host's NVMe driver without queues to poll, then with
# them; a micro guest with them, the disk through VFIO. Proof is what /proc/interrupts of whoever drives the disk says:
# fewer interrupts than one in a hundred I/Os, while the same disk without polling takes one in every few.
# Arguments: passbench, directory for results. Prints PASS/FAIL lines; the status is the number of failures.
# shellcheck disable=SC2317  # functions are called through check()
set -u
pb=$1
out=$2
failed=0

check() { # text, then a command
	local text=$1
	shift
	if "$@"; then
		echo "PASS $text"
	else
		echo "FAIL $text"
		failed=$((failed + 1))
	fi
}

# of the disk's I/O queues; nvme0q0 is for administration
vectors() { awk '/nvme[0-9]+q[1-9]/ { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+$/) n += $i } END { print n + 0 }' /proc/interrupts; }
completed() { awk -F, 'NR > 1 { n += $8 } END { print n + 0 }' "$1/steps.csv"; }
is_backend() { grep -q "\"backend\": \"$2\"" "$1/manifest.json"; }
polled() { [ "$1" -gt 100 ] && [ $(($2 * 100)) -lt "$1" ]; } # I/Os, interrupts
interrupted() { [ "$1" -gt 100 ] && [ $(($2 * 100)) -gt "$1" ]; }

local_run() { # backend: I/Os and interrupts in $ios and $irqs
	local before status
	before=$(vectors)
	"$pb" run --quiet --disk PBLAB0001 --guest local --depth 4 --duration 1s --backend "$1" -o "$out/local-$1" >/dev/null 2>"$out/local.err"
	status=$?
	check "backend $1 runs: $(tail -n 1 "$out/local.err")" test $status -eq 0
	check "and the manifest names it" is_backend "$out/local-$1" "$1"
	irqs=$(($(vectors) - before))
	ios=$(completed "$out/local-$1")
}

"$pb" run --disk PBLAB0001 --guest local --depth 4 --duration 1s --backend uring,iopoll -o "$out/none" >/dev/null 2>"$out/none.err"
check "iopoll on a disk without queues to poll is status 5" test $? -eq 5
check "and one sentence says what to do" grep -q 'has no queues to poll (for NVMe: load the driver with nvme.poll_queues=N)' "$out/none.err"
local_run uring,sqpoll
check "sqpoll polls submissions, not completions: $irqs interrupts for $ios I/Os" interrupted "$ios" "$irqs"

rmmod nvme && modprobe nvme poll_queues=2
for _ in $(seq 100); do
	compgen -G "/dev/nvme*n1" >/dev/null && break
	sleep 0.1
done
local_run uring
check "without a polling mode the disk interrupts: $irqs interrupts for $ios I/Os" interrupted "$ios" "$irqs"
for backend in uring,iopoll uring,iopoll,sqpoll uring_cmd,iopoll; do
	local_run $backend
	check "$backend polls: $irqs interrupts for $ios I/Os" polled "$ios" "$irqs"
done

"$pb" run --disk PBLAB0001 --guest launch:cpus=2,mem=512M,poll_queues=1 --depth 4 --duration 1s --backend uring,iopoll -o "$out/guest" >/dev/null 2>"$out/guest.err"
status=$?
check "iopoll in a guest, the disk through VFIO: $(tail -n 1 "$out/guest.err")" test $status -eq 0
check "and the manifest names it" is_backend "$out/guest" uring,iopoll
ios=$(completed "$out/guest")
# cumulative rows: t_ns,irq,name,kind,cpu0,cpu1
irqs=$(tr -d '\r' <"$out/guest/guest/launch/interrupts.csv" | awk -F, '$3 ~ /nvme[0-9]+q[1-9]/ { n = 0; for (i = 5; i <= NF; i++) n += $i
	if (!($3 in first)) first[$3] = n; last[$3] = n } END { for (q in last) sum += last[q] - first[q]; print sum + 0 }')
check "the guest's own file has the disk's vectors" grep -qE 'nvme[0-9]+q[0-9]' "$out/guest/guest/launch/interrupts.csv"
check "the guest sees no interrupts of its queues: $irqs for $ios I/Os" polled "$ios" "$irqs"
exit $failed
