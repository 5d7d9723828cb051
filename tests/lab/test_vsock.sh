#!/bin/bash
# vsock and polled completions in the lab, in one boot of the host under test: a micro guest steered over vsock and over
# virtio-serial; then the engine's polling modes on the host's NVMe driver and in a guest, and counter groups on a guest's threads.
# Prints PASS/FAIL lines and the clock's bound over each. $B: build folder.
set -u
build=$(realpath "${B:-build}")
out=$(mktemp -d /tmp/passbench-vsock-XXXXXX)
trap 'rm -rf "$out"' EXIT

timeout 900 "$build/passbench" lab run --again --out "$out" -- \
	bash -c 'bash "$0/inside_vsock.sh" "$@"; a=$?; bash "$0/inside_polling.sh" "$@"; a=$((a + $?)); bash "$0/inside_counters.sh" "$@"; exit $((a + $?))' \
	"$(realpath "$(dirname "$0")")" "$build/passbench" "$out" 2>"$out/lab.err" | tee "$out/lab.out" | grep -E '^(PASS|FAIL)'
status=${PIPESTATUS[0]}
[ "$status" -eq 0 ] && exit 0
tail -n 40 "$out/lab.out" "$out/lab.err" "$out"/*.err
[ "$(grep -c '^FAIL' "$out/lab.out")" -gt 0 ] || echo "FAIL the lab ended with status $status"
exit 1
