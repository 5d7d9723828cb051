#!/bin/bash
# Failing I/O in the lab: one boot of a machine whose disk has a bad sector (scenario `errors`), which also makes
# disks that die and dead ones (device mapper).
# Prints PASS/FAIL lines. $B: build folder.
set -u
build=$(realpath "${B:-build}")
out=$(mktemp -d /tmp/passbench-errors-XXXXXX)
trap 'rm -rf "$out"' EXIT

timeout 900 "$build/passbench" lab run --again --scenario errors --out "$out" -- \
	bash "$(realpath "$(dirname "$0")")/inside_errors.sh" "$build/passbench" "$out" 2>"$out/lab.err" | tee "$out/lab.out" | grep -E '^(PASS|FAIL|SKIP)'
status=${PIPESTATUS[0]}
[ "$status" -eq 0 ] && exit 0
grep -q '^FAIL' "$out/lab.out" || { tail -n 40 "$out/lab.out" "$out/lab.err"; echo "FAIL the lab ended with status $status"; }
exit 1
