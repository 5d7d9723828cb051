#!/bin/bash
# Runs inside the lab's machine: stamped blocks written by one guest through VFIO, damaged by the host while no guest
# runs, found by the next guest. Arguments: passbench, directory for results. Prints PASS/FAIL lines.
set -u
pb=$1
out=$2
rm -rf "${out:?}"/*/ # a start before this one, in a machine that hung, may have left runs
guest=launch:cpus=2,mem=512M
failed=0

verdict() { # NAME, then a command
	local name=$1
	shift
	if "$@"; then
		echo "PASS $name"
	else
		echo "FAIL $name"
		failed=1
	fi
}

# A guest whose vCPU the emulation has lost answers, and its disk does nothing: in_lab.sh starts anew then.
verify() { "$pb" verify --disk PBLAB0001 --guest $guest --depth 8 --stall 60 "$@" >>"$out/integrity.log" 2>>"$out/integrity.err"; }

verify -o "$out/w" --erase PBLAB0001 --size 8M --mode write
verdict "a guest writes stamps through VFIO" test $? -eq 0
for dev in /dev/nvme*n1; do
	[ "$(tr -d ' ' <"/sys/class/block/${dev##*/}/device/serial")" != PBLAB0001 ] || disk=$dev
done
printf 'damage' | dd of="$disk" bs=1 seek=$((40960 + 100)) conv=notrunc,fsync status=none
dd if="$disk" of="$disk" bs=4k skip=20 seek=30 count=1 conv=notrunc,fsync status=none
verify -o "$out/r" --mode read --from "$out/w"
verdict "the next guest says that blocks are wrong" test $? -eq 4
verdict "and where: the damaged one" grep -q '^80,corrupted,pass 2,sector 0: damaged' "$out/r/integrity.csv"
verdict "and the misdirected one" grep -q '^240,misdirected,pass 2,sector 0: lba 160 pass 2' "$out/r/integrity.csv"
verdict "and no others" test "$(wc -l <"$out/r/integrity.csv")" -eq 3

# A disk that never answers: nothing can end who waits for it, and yet the command ends.
modprobe dm-mod 2>/dev/null
if command -v dmsetup >/dev/null && dmsetup targets >/dev/null 2>&1; then
	truncate -s 64M "$out/disk.img"
	loop=$(losetup -f --show "$out/disk.img")
	dmsetup create --noudevsync hangs --table "0 131072 linear $loop 0"
	hangs=$(dmsetup info -c --noheadings -o blkdevname hangs)
	(
		until grep -qs '"synced_pass": [1-9]' "$out/hangs/manifest.json"; do sleep 0.2; done
		dmsetup suspend --noudevsync --noflush --nolockfs hangs
	) &
	"$pb" verify --guest local --disk "/dev/$hangs" --erase "$hangs" --size 4M --passes 1000 --mode write --stall 10 -o "$out/hangs" \
		>/dev/null 2>"$out/hangs.said"
	verdict "a disk that hangs is status 4" test $? -eq 4
	verdict "and is said to" grep -q '^passbench: the disk hangs: nothing was done for [14]0 s' "$out/hangs.said"
	dmsetup resume --noudevsync hangs
	for _ in $(seq 100); do
		pgrep -x passbench-agent >/dev/null || break
		sleep 0.2
	done
	verdict "nothing is left of it once the disk answers" test -z "$(pgrep -x passbench-agent)"
	dmsetup remove --noudevsync hangs
	losetup -d "$loop"
	rm -f "$out/disk.img"
else
	echo "SKIP a disk that hangs: no dmsetup, or no device mapper"
fi
exit $failed
