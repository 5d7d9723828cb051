#!/bin/bash
# Integrity mode against a real disk that is damaged behind its back: each kind of damage is found where it
# was planted. Needs root and loop devices; then once through VFIO in the lab. Prints PASS/FAIL lines. $B: build folder.
# shellcheck disable=SC2317  # functions are called through trap and verdict()
set -u
build=$(realpath "${B:-build}")
pb=$build/passbench
# shellcheck source=tests/lab/in_lab.sh
. "$(dirname "$0")/in_lab.sh"
[ "$(id -u)" -eq 0 ] || exit 77
dir=$(mktemp -d /tmp/passbench-integrity-XXXXXX)
mkdir "$dir/tmpfs"
mount -t tmpfs -o size=220m tmpfs "$dir/tmpfs" || exit 77
disk=$dir/tmpfs/disk
failed=0

cleanup() {
	[ -z "${loop:-}" ] || losetup -d "$loop" 2>/dev/null
	umount "$dir/tmpfs"
	rm -rf "$dir"
}
trap cleanup EXIT

truncate -s 64M "$disk"
loop=$(losetup --show --direct-io=on -f "$disk" 2>/dev/null)
if [ -z "$loop" ]; then
	echo "SKIP integrity: no loop device"
	exit 77
fi
serial=${loop#/dev/}

verdict() { # NAME, then a command
	local name=$1
	shift
	if "$@"; then
		echo "PASS $name"
	else
		echo "FAIL $name: $(tail -n 3 "$dir/err")"
		failed=1
	fi
}

verify() { "$pb" verify --guest local --disk "$loop" "$@" 2>"$dir/err" >"$dir/out" </dev/null; }
status_is() { # STATUS COMMAND...
	local want=$1
	shift
	"$@"
	[ $? -eq "$want" ]
}
no_litter() { ! compgen -G "/run/passbench/guest-$pid-*" >/dev/null && ! pgrep -P $$ -x passbench-agent >/dev/null; }
csv() { tail -n +2 "$dir/$1/integrity.csv" | tr -d '\r'; }
csv_is() { # RUN TEXT: the whole table, sorted
	diff <(csv "$1" | sort) <(printf '%s' "$2" | sort) >>"$dir/err"
}
# block FROM TO COUNT [SOURCE]: 4 KiB blocks within the disk, or from another file
block() { dd if="${4:-$disk}" of="$disk" bs=4k skip="$1" seek="$2" count="$3" conv=notrunc status=none; }

verdict "writing without consent is refused" status_is 3 verify -o "$dir/no"
verdict "and says how to consent" grep -q "add --erase $serial" "$dir/err"
verdict "another serial is refused" status_is 3 verify -o "$dir/no" --erase WRONG
verdict "a size beyond the disk is refused" status_is 2 verify -o "$dir/big" --erase "$serial" --size 1G
verdict "reading back without a run is refused" status_is 2 verify -o "$dir/no" --mode read
verdict "and so is a directory that is none" status_is 2 verify -o "$dir/no" --mode read --from "$dir/tmpfs"
[ -z "$(tr -d '\0' <"$disk" | head -c 1)" ] || { echo "FAIL a refusal wrote to the disk" && failed=1; }

verdict "a good disk passes" status_is 0 verify -o "$dir/clean" --erase "$serial" --size 48M --passes 3
verdict "nothing is listed" csv_is clean ""
verdict "the manifest counts what was read" grep -q '"checked_blocks": 36864' "$dir/clean/manifest.json"
cp "$disk" "$dir/tmpfs/before" # pass 3 of a run that is over

verdict "writing alone succeeds" status_is 0 verify -o "$dir/w" --erase "$serial" --size 48M --mode write
cp "$disk" "$dir/tmpfs/good"
verdict "reading back later succeeds" status_is 0 verify -o "$dir/r0" --mode read --from "$dir/w"
verdict "reading changed nothing" cmp -s "$disk" "$dir/tmpfs/good"

printf 'X' | dd of="$disk" bs=1 seek=$((100 * 4096 + 3 * 512 + 77)) conv=notrunc status=none
block 200 300 1 # misdirected: block 200 is in both places
block 400 400 1 "$dir/tmpfs/before" # stale: a write that was lost
dd if="$dir/tmpfs/before" of="$disk" bs=512 skip=$((500 * 8 + 4)) seek=$((500 * 8 + 4)) count=4 conv=notrunc status=none # torn
block 600 600 1 /dev/zero # discarded
verdict "damage is status 4" status_is 4 verify -o "$dir/r1" --mode read --from "$dir/w"
verdict "one sentence says so" grep -q '^passbench: 5 blocks are not what was written' "$dir/err"
verdict "each kind is found at its place" csv_is r1 "\
800,corrupted,pass 2,sector 3: damaged sector
2400,misdirected,pass 2,sector 0: lba 1600 pass 2
3200,stale,pass 2,pass 3 of another run
4000,torn,pass 2,pass 2 in sectors 0-3 then pass 3 of another run
4800,unstamped,pass 2,no stamp
"
dd if="$dir/tmpfs/good" of="$disk" bs=1M conv=notrunc status=none
block 700 701 1 "$dir/tmpfs/good"
block 701 700 1 "$dir/tmpfs/good"
verdict "two blocks that changed places are two" status_is 4 verify -o "$dir/r2" --mode read --from "$dir/w"
verdict "and both are misdirected" csv_is r2 "\
5600,misdirected,pass 2,sector 0: lba 5608 pass 2
5608,misdirected,pass 2,sector 0: lba 5600 pass 2
"

# start RUN: a write that goes on for ever, past its first flushed pass
start() {
	"$pb" verify --guest local --disk "$loop" -o "$dir/$1" --erase "$serial" --size 48M --passes 1000 --mode write \
		>/dev/null 2>"$dir/err" </dev/null &
	pid=$!
	for _ in $(seq 200); do
		grep -qs '"synced_pass": [1-9]' "$dir/$1/manifest.json" && return
		sleep 0.1
	done
}

# Cut off while writing: whatever reached the disk is whole.
start cut
kill -9 $pid
wait $pid 2>/dev/null
for _ in $(seq 100); do
	pgrep -x passbench-agent >/dev/null || break
	sleep 0.1
done
verdict "a run that was killed can be read back" status_is 0 verify -o "$dir/r3" --mode read --from "$dir/cut"
sectors=$((48 * 2048))
dd if=/dev/zero of="$disk" bs=512 seek=$((sectors - 4)) count=4 conv=notrunc status=none
verdict "and damage in it is found" status_is 4 verify -o "$dir/r4" --mode read --from "$dir/cut"
verdict "as a torn block" grep -q "^$((sectors - 8)),torn,pass [0-9]* or [0-9]*," "$dir/r4/integrity.csv"

# The disk's end is gone: reads and writes fail there.
truncate -s 40M "$disk"
verdict "a disk that cannot be read is status 4" status_is 4 verify -o "$dir/r5" --mode read --from "$dir/w"
verdict "blocks that cannot be read are listed" grep -q ',unreadable,' "$dir/r5/integrity.csv"
verdict "a disk that cannot be read to its end is not written" status_is 5 verify -o "$dir/r6" --erase "$serial" --size 32M
truncate -s 64M "$disk"

start int
kill -INT $pid
wait $pid
verdict "Ctrl-C is status 130" test $? -eq 130
verdict "and leaves nothing behind" no_litter

# The disk's backing runs out of space: writes fail.
truncate -s 0 "$disk"
truncate -s 64M "$disk"
blockdev --flushbufs "$loop"
fallocate -l $(($(stat -f -c '%a * %S' "$dir/tmpfs") - (20 << 20))) "$dir/tmpfs/filler"
verdict "a failed write ends the run with status 4" status_is 4 verify -o "$dir/fails" --erase "$serial" --size 48M
verdict "and says where" grep -q 'ended early, writing at byte' "$dir/err"
verdict "and in the manifest" grep -q '"error": "writing at byte' "$dir/fails/manifest.json"

# Through VFIO, from one guest to the next: one boot of the lab.
mkdir "$dir/lab"
in_lab "$dir/lab" -- "$(realpath "$(dirname "$0")")/inside_integrity.sh" "$pb" "$dir/lab" || failed=1
exit $failed
