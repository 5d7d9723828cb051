#!/bin/bash
# vsock and polled completions in the lab, in one boot of the host under test: a micro guest steered over vsock and over
# virtio-serial; then the engine's polling modes on the host's NVMe driver and in a guest, and counter groups on a guest's threads.
# Prints PASS/FAIL lines and the clock's bound over each. $B: build folder.
set -u
build=$(realpath "${B:-build}")
out=$(mktemp -d /tmp/passbench-vsock-XXXXXX)
trap 'rm -rf "$out"' EXIT
# shellcheck source=tests/lab/in_lab.sh
. "$(dirname "$0")/in_lab.sh"

in_lab "$out" -- \
	bash -c 'bash "$0/inside_vsock.sh" "$@"; a=$?; bash "$0/inside_polling.sh" "$@"; a=$((a + $?)); bash "$0/inside_counters.sh" "$@"; exit $((a + $?))' \
	"$(realpath "$(dirname "$0")")" "$build/passbench" "$out"
