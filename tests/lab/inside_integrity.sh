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

verify() { "$pb" verify --disk PBLAB0001 --guest $guest --depth 8 "$@" >>"$out/integrity.log" 2>&1; }

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
exit $failed
