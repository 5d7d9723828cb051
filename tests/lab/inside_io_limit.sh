#!/bin/bash
# Runs inside the lab's machine: a guest on a virtio-blk disk alone, then beside a program in a cgroup of its own that reads
# the same host disk; tune limits that group, measures with and without in turns, and rollback takes the limit back.
# Whether the guest gains enough is the machine's matter; that the limit is set, holds and goes is ours.
# Arguments: passbench, directory for results. Prints PASS/FAIL lines; the status is the number of failures.
# shellcheck disable=SC2317  # functions are called through check()
set -u
pb=$1
out=$2
rm -rf "${out:?}"/*/
failed=0
group=/sys/fs/cgroup/neighbour

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

run() { # name, more options
	local name=$1
	shift
	"$pb" run --disk PBLAB0001 --guest launch:cpus=2,mem=512M,cpuset=0-1 --attach virtio-blk --depth 8 --duration 3s "$@" -o "$out/$name" \
		>"$out/$name.out" 2>"$out/$name.err"
}
reads() { cut -d' ' -f1 "/sys/block/${disk#/dev/}/stat" | tr -d ' '; }
# What the neighbour moved in a window, without the limit and with it.
slowed() { jq -e '.effect[0] | (.after | split(" ")[0] | tonumber) < (.before | split(" ")[0] | tonumber)' "$verdict" >/dev/null; }
named() {
	jq -e '.findings[] | select(.rule == "R-N1") | .params | .kind == "io-limit" and .bytes_s > 0' "$out/run/findings.json" >/dev/null
}
limited() { grep -q "rbps=[0-9]" "$group/io.max"; }
free() { ! limited; }

mount -t cgroup2 none /sys/fs/cgroup && echo +io >/sys/fs/cgroup/cgroup.subtree_control && mkdir $group || exit 1
run solo
check "a run alone" test $? -eq 0
for d in /sys/block/nvme*; do
	! grep -q PBLAB0001 "$d/device/serial" || [ ! -b "/dev/${d##*/}" ] || disk=/dev/${d##*/}
done
(
	echo $BASHPID >$group/cgroup.procs
	exec taskset -c 3 fio --name=other "--filename=$disk" --readonly --direct=1 --rw=randread --bs=64k --ioengine=libaio --iodepth=16 \
		--time_based --runtime=1h >/dev/null 2>&1
) &
for _ in $(seq 200); do
	[ "$(reads)" -le 30000 ] || break
	sleep 0.3
done
run run --solo "$out/solo"
check "a run beside another reader: $(grep -o 'depth .*' "$out/run.err" | head -n 1)" test $? -eq 0
"$pb" analyze --quiet "$out/run" >/dev/null
check "R-N1 names the disk and a limit" named
"$pb" tune --apply --pairs 6 --window 1s "$out/run" >"$out/not.out" 2>"$out/not.err"
check "what takes from somebody is not done unasked" test ! -e "$out/run/tune/1-R-N1"
"$pb" tune --apply --rule R-N1 --pairs 6 --window 1s "$out/run" >"$out/tune.out" 2>"$out/tune.err"
check "tune, asked by name" test $? -eq 0
verdict=$(echo "$out"/run/tune/*-R-N1/tune.json)
check "the limit held: $(jq -r '.effect[0] | "\(.before) without, \(.after) with"' "$verdict"); $(grep -a 'B/A.*p =' "$out/tune.err")" slowed
if jq -e '.verdict == "kept"' "$verdict" >/dev/null; then
	check "kept: the limit stands" limited
else
	check "undone: no limit stands" free
fi
"$pb" rollback "$out/run" >"$out/rollback.out" 2>"$out/rollback.err"
check "rollback takes it back" free
kill %1
exit $failed
