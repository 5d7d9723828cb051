#!/bin/bash
# Every kind of disk in use is refused, everywhere, with nothing changed: on this machine, and in one boot of the
# lab's machine for the kinds that need kernel modules this machine lacks. Prints PASS/FAIL/SKIP lines. $B: build folder.
set -u
[ "$(id -u)" -eq 0 ] || exit 77
build=$(realpath "${B:-build}")
cases=$(realpath "$(dirname "$0")")/interlock_cases.sh
out=$(mktemp -d /tmp/passbench-interlocks-XXXXXX)
trap 'rm -rf "$out"' EXIT
# shellcheck source=tests/lab/in_lab.sh
. "$(dirname "$0")/in_lab.sh"

"$cases" "$build" "" 2>"$out/here.err" | tee "$out/here.out" | grep -v '^SKIP.*\(this kernel has no\|have no partitions\)'
status=${PIPESTATUS[0]}
[ "$status" -eq 0 ] || tail -n 20 "$out/here.err"

# What was skipped here for want of a module, there.
kinds=()
while read -r text kind; do
	grep -q "^SKIP $text" "$out/here.out" && kinds+=("$kind")
done <<-END
	mounted.partition mounted_partition
	LVM.volume.in.use lvm_active
	device-mapper.target dm
	MD.member md
	dm-crypt crypt
	btrfs btrfs
END
[ ${#kinds[@]} -gt 0 ] || exit "$status"
mkdir "$out/lab"
in_lab "$out/lab" -- "$cases" "$build" "lab: " "${kinds[@]}" || status=1
exit "$status"
