#!/bin/bash
# Real passthrough in the lab: one boot of the host under test, a disk passed through VFIO to a guest,
# interrupted, killed, rolled back, measured; then the finished run is checked against itself.
# Prints PASS/FAIL lines. $B: build folder.
set -u
build=$(realpath "${B:-build}")
out=$(mktemp -d /tmp/passbench-nested-XXXXXX)
trap 'rm -rf "$out"' EXIT
failed=0
# shellcheck source=tests/lab/in_lab.sh
. "$(dirname "$0")/in_lab.sh"

in_lab "$out" -- bash "$(realpath "$(dirname "$0")")/inside_nested.sh" "$build/passbench" "$out" || failed=1
PB_RUN_DIR=$out/poc "$build/lab/check_run" >"$out/check.out" 2>&1 || failed=1
sed -n 's/^\[       OK \] \(.*\)/PASS run directory: \1/p; s/^\[  FAILED  \] \([a-z].*\)/FAIL run directory: \1/p' "$out/check.out" | sort -u
grep -E '^(host|guest|disk|clock):' "$out/check.out"
if ! grep -q 'PASSED' "$out/check.out"; then
	cat "$out/check.out"
	grep -q '^\[  FAILED' "$out/check.out" || echo "FAIL run directory could not be checked"
fi
exit $failed
