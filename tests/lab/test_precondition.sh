#!/bin/bash
# --precondition and --steady on a small loop device: every block written, the bytes proved, the verdict that of the rounds.
# Needs root and loop devices. Prints PASS/FAIL lines. $B: build folder.
set -u
B=$(realpath "${B:-build}")
[ "$(id -u)" -eq 0 ] || exit 77
work=$(mktemp -d /dev/shm/passbench-precondition-XXXXXX) || exit 77
loop=
group=
trap '[ -n "$loop" ] && losetup -d "$loop"; [ -n "$group" ] && rmdir "$group"; rm -rf "$work"' EXIT
truncate -s 64M "$work/disk"
loop=$(losetup --direct-io=on --show -f "$work/disk") || exit 77
name=$(basename "$loop")
failed=0

fail() {
	echo "FAIL precondition: $*"
	failed=1
}
# value RUN KEY..: out of that run's manifest
value() {
	python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))
for k in sys.argv[2:]: v = v[k]
print(json.dumps(v))' "$work/$1/manifest.json" "${@:2}"
}
mark() { # the first bytes of every 128 KiB, so that a block that was left out shows
	python3 -c 'import sys
with open(sys.argv[1], "r+b") as f:
    for at in range(0, 64 << 20, 131072):
        f.seek(at)
        f.write(b"passbench-untouched")' "$work/disk"
}
run() { # NAME OPTIONS..
	local out=$1
	shift
	"$B/passbench" run --quiet --disk "$loop" --guest local --depth 4 --duration 500ms -o "$work/$out" "$@" >"$work/$out.log" 2>&1
}

# limit IOPS: a cgroup in which the disk gives that many, whatever else the machine does. 1 where that cannot be had.
limit() {
	local dev
	dev=$(cat "/sys/block/$name/dev")
	if [ -e /sys/fs/cgroup/blkio/blkio.throttle.read_iops_device ]; then
		group=/sys/fs/cgroup/blkio/passbench-steady-$$
		mkdir "$group" && echo "$dev $1" >"$group/blkio.throttle.read_iops_device"
	elif grep -qw io /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null; then
		group=/sys/fs/cgroup/passbench-steady-$$
		mkdir "$group" && echo "$dev riops=$1" >"$group/io.max"
	else
		return 1
	fi
}

mark
before=$(sha256sum <"$work/disk")
run refused1 --profile mixed-70-30-4k --precondition
[ $? -eq 3 ] || fail "--precondition without --erase: status is not 3"
run refused2 --profile randread-4k --precondition
[ $? -eq 2 ] || fail "--precondition with a reading profile: status is not 2"
run refused3 --profile mixed-70-30-4k --erase "$name" --quick --steady
[ $? -eq 2 ] || fail "--quick with --steady: status is not 2"
[ "$before" = "$(sha256sum <"$work/disk")" ] || fail "a refused run changed the disk"

run quick --profile mixed-70-30-4k --erase "$name" || fail "quick run: $(cat "$work/quick.log")"
[ "$(value quick steady mode)" = '"quick"' ] || fail "the manifest does not say quick"
value quick warnings | grep -q 'not preconditioned' || fail "a writing quick run without a warning"

mark
run full --profile mixed-70-30-4k --erase "$name" --precondition --round 500ms || fail "run: $(cat "$work/full.log")"
grep -aq passbench-untouched "$work/disk" && fail "blocks were left unwritten"
[ "$(value full steady precondition written_bytes)" -ge $((2 * 64 * 1048576)) ] || fail "fewer bytes written than twice the disk"
grep -q 'preconditioning writes .* about\|how long is not known' "$work/full/log.txt" || fail "no estimate before it started"
rounds=$(value full steady rounds)
[ "$(($(wc -l <"$work/full/steady.csv") - 1))" = "$rounds" ] || fail "steady.csv does not have $rounds rounds"
last=$(tail -n 1 "$work/full/steady.csv" | tr -d '\r' | sed 's/.*,//')
if [ "$(value full steady steady)" = true ]; then
	[ "$last" = 1 ] || fail "steady, but the last round of steady.csv is not"
	[ "$rounds" -ge 5 ] || fail "steady after $rounds rounds"
else
	[ "$last$rounds" = 025 ] || fail "not steady, but after $rounds rounds, the last one $last"
	value full warnings | grep -q 'was not steady after 25 rounds' || fail "not steady and no warning"
fi
[ $failed -ne 0 ] || echo "PASS precondition: $rounds rounds, steady: $(value full steady steady)"

if limit 400 2>/dev/null; then
	(
		echo $BASHPID >"$group/cgroup.procs"
		run steady --profile randread-4k --steady --round 1s
	) || fail "run on a limited disk: $(cat "$work/steady.log")"
	[ "$(value steady steady steady)" = true ] || fail "a disk that gives 400 IOPS, no more and no less, is not steady: $(grep round "$work/steady/log.txt")"
	[ "$(value steady steady rounds)" -ge 5 ] || fail "steady before 5 rounds"
	tail -n 1 "$work/steady/steady.csv" | tr -d '\r' | grep -q ',1$' || fail "steady, but the last round of steady.csv is not"
	value steady warnings | grep -q 'not steady' && fail "steady and a warning"
	[ $failed -ne 0 ] || echo "PASS steady: after $(value steady steady rounds) rounds"
else
	echo "SKIP steady: no cgroup can limit a disk here"
fi
exit $failed
