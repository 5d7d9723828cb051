#!/bin/bash
# Bad input and bad luck on this machine, without any guest: one sentence, the documented status, nothing
# changed, nothing left behind. Needs root and loop devices. Prints PASS/FAIL lines. $B: build folder.
# shellcheck disable=SC2016,SC2317  # functions are called through trap and expect()
set -u
pb=$(realpath "${B:-build}")/passbench
[ "$(id -u)" -eq 0 ] || exit 77
dir=$(mktemp -d /tmp/passbench-refuse-XXXXXX)
mkdir "$dir/tmpfs" "$dir/small" "$dir/mnt"
mount -t tmpfs -o size=80m tmpfs "$dir/tmpfs" || exit 77
mount -t tmpfs -o size=64k tmpfs "$dir/small"
failed=0

cleanup() {
	swapoff "${loop:-}" 2>/dev/null
	umount "$dir/mnt" 2>/dev/null
	[ -z "${loop:-}" ] || losetup -d "$loop" 2>/dev/null
	umount "$dir/tmpfs" "$dir/small"
	rm -rf "$dir"
}
trap cleanup EXIT

truncate -s 64M "$dir/tmpfs/disk"
loop=$(losetup --show -f "$dir/tmpfs/disk" 2>/dev/null)
if [ -z "$loop" ]; then
	echo "SKIP refusals: no loop device"
	exit 77
fi

fail() {
	echo "FAIL $*"
	failed=1
}

# expect NAME STATUS WORDS COMMAND...: status, one sentence on standard error that holds WORDS, the disk as before
expect() {
	local name=$1 want=$2 words=$3 before status
	shift 3
	before=$(head -c "${compare:-64M}" "$dir/tmpfs/disk" | sha256sum)
	"$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
	if [ "$status" -ne "$want" ]; then
		fail "$name: status $status, not $want: $(tail -n 1 "$dir/err")"
	elif [ "$(grep -c '^passbench: ' "$dir/err")" -ne 1 ] || ! grep '^passbench: ' "$dir/err" | grep -q -- "$words"; then
		fail "$name: says '$(cat "$dir/err")' without '$words'"
	elif [ "$before" != "$(head -c "${compare:-64M}" "$dir/tmpfs/disk" | sha256sum)" ]; then
		fail "$name: the disk was changed"
	elif compgen -G "/run/passbench/guest-*" >/dev/null || pgrep -x passbench-agent >/dev/null; then
		fail "$name: something was left behind"
	else
		echo "PASS $name"
	fi
}

run() { "$pb" run --guest local --depth 1 --duration 500ms "$@"; }

expect "no command" 2 "no command" "$pb" frobnicate
expect "unknown option" 2 "no such option" "$pb" run --disks x
expect "missing value" 2 "value is missing" "$pb" run --disk
expect "no disk given" 2 "needs --disk" "$pb" run -o "$dir/r"
expect "unknown disk" 2 "no disk 'nosuchdisk'" run --disk nosuchdisk -o "$dir/r"
expect "unknown PCI address" 2 "no disk" run --disk 0000:7f:1f.7 -o "$dir/r"
expect "not a block device" 2 "not a block device" run --disk /dev/null -o "$dir/r"
expect "unknown guest" 2 "known guests" "$pb" run --disk "$loop" --guest vmware -o "$dir/r"
expect "unknown profile" 2 "nosuchprofile" run --disk "$loop" --profile nosuchprofile -o "$dir/r"
expect "bad depth" 2 "depths from 1" "$pb" run --disk "$loop" --guest local --depth 0 -o "$dir/r"
expect "bad SLO" 2 "p99=2ms" run --disk "$loop" --slo fast -o "$dir/r"
expect "cache mode on a VFIO path" 2 "do not exist on a VFIO" "$pb" run --disk "$loop" --attach vfio,cache=none -o "$dir/r"
expect "disk that is no PCI device through VFIO" 2 "not a PCI disk" "$pb" run --disk "$loop" -o "$dir/r"
expect "writing without consent" 3 "add --erase" run --disk "$loop" --profile mixed-70-30-4k -o "$dir/r"
expect "writing with another serial" 3 "does not name this disk" run --disk "$loop" --profile mixed-70-30-4k --erase WRONG -o "$dir/r"
expect "erase with a reading profile" 2 "only reads" run --disk "$loop" --erase "${loop#/dev/}" -o "$dir/r"
mkdir "$dir/full" && echo precious >"$dir/full/file"
expect "a directory that is somebody's" 2 "$dir/full" run --disk "$loop" -o "$dir/full"
[ "$(cat "$dir/full/file")" = precious ] || fail "somebody's file was changed"
expect "analyze without a run" 2 "$dir/full" "$pb" analyze "$dir/full"
expect "list of nothing known" 2 "known: actions" "$pb" list nonsense
expect "recorded machine that is not there" 2 "$dir/nomachine" "$pb" check --root "$dir/nomachine"

mkfs.ext4 -q "$dir/tmpfs/disk" >/dev/null 2>&1
mount -o ro "$loop" "$dir/mnt"
expect "mounted disk" 3 "mounted" run --disk "$loop" -o "$dir/r"
umount "$dir/mnt"
expect "file system on a disk to be written" 3 "ext4" run --disk "$loop" --profile mixed-70-30-4k --erase "${loop#/dev/}" -o "$dir/r"
mkswap "$dir/tmpfs/disk" >/dev/null 2>&1
if swapon "$loop" 2>/dev/null; then
	# behind the header the kernel itself may write, as to any swap
	compare=4K expect "disk in use as swap" 3 "swap" run --disk "$loop" -o "$dir/r"
	swapoff "$loop"
fi
root=$(findmnt -n -o SOURCE / | sed 's/p\?[0-9]*$//')
if [ -b "$root" ]; then
	expect "the root disk" 3 "" run --disk "$root" -o "$dir/r"
fi
expect "the results' file system is full" 5 "No space left" run --disk "$loop" -o "$dir/small/r"

# A machine without KVM, and one without IOMMU
mkdir "$dir/dev" && cp -a /dev/null /dev/zero /dev/random /dev/urandom "$loop" "$dir/dev/"
expect "no /dev/kvm" 5 "/dev/kvm" unshare -m sh -c 'mount --bind "$1" /dev && shift && exec "$@"' sh "$dir/dev" \
	"$pb" run --disk "$loop" --attach virtio-blk -o "$dir/r"

# Ctrl-C in every stage of a run
for delay in 0.02 0.1 0.3 0.6 1.0 1.6; do
	rm -rf "$dir/r"
	"$pb" run --guest local --disk "$loop" --depth 1,2 --duration 20s -o "$dir/r" >/dev/null 2>"$dir/err" </dev/null &
	pid=$!
	sleep $delay
	kill -INT $pid 2>/dev/null
	wait $pid
	status=$?
	if [ $status -ne 130 ]; then
		fail "Ctrl-C after $delay s: status $status: $(tail -n 1 "$dir/err")"
	elif pgrep -x passbench-agent >/dev/null || pgrep -x fio-static >/dev/null; then
		fail "Ctrl-C after $delay s: something still runs"
	elif compgen -G "/run/passbench/guest-*" >/dev/null; then
		fail "Ctrl-C after $delay s: litter in /run/passbench"
	else
		echo "PASS Ctrl-C after $delay s"
	fi
done

# Killed at any time and run again into the same directory
for delay in 0.2 0.8 1.5; do
	"$pb" run --guest local --disk "$loop" --depth 1,2 --duration 20s -o "$dir/r2" >/dev/null 2>&1 </dev/null &
	pid=$!
	sleep $delay
	kill -9 $pid
	wait $pid 2>/dev/null
done
sleep 0.5
if "$pb" run --guest local --depth 1 --duration 2s --disk "$loop" -o "$dir/r2" >/dev/null 2>"$dir/err" && "$pb" analyze "$dir/r2" >/dev/null 2>"$dir/err"; then
	echo "PASS run again after kill -9"
else
	fail "run again after kill -9: $(tail -n 1 "$dir/err")"
fi
exit $failed
