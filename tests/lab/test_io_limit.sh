#!/bin/bash
# A guest whose host disk somebody else keeps busy: the limit that R-N1 asks for, in the lab. Prints PASS/FAIL lines.
# $B: build folder.
set -u
build=$(realpath "${B:-build}")
out=$(mktemp -d /tmp/passbench-iolimit-XXXXXX)
trap 'rm -rf "$out"' EXIT

timeout 900 "$build/passbench" lab run --again --scenario virtio --out "$out" -- \
	bash "$(realpath "$(dirname "$0")")/inside_io_limit.sh" "$build/passbench" "$out" 2>"$out/lab.err" | tee "$out/lab.out" | grep -E '^(PASS|FAIL)'
status=${PIPESTATUS[0]}
[ "$status" -eq 0 ] && exit 0
tail -n 40 "$out/lab.out" "$out/lab.err" "$out"/*.err
[ "$(grep -c '^FAIL' "$out/lab.out")" -gt 0 ] || echo "FAIL the lab ended with status $status"
exit 1
