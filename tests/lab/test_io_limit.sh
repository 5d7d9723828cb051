#!/bin/bash
# A guest whose host disk somebody else keeps busy: the limit that R-N1 asks for, in the lab. Prints PASS/FAIL lines.
# $B: build folder.
set -u
build=$(realpath "${B:-build}")
out=$(mktemp -d /tmp/passbench-iolimit-XXXXXX)
trap 'rm -rf "$out"' EXIT
# shellcheck source=tests/lab/in_lab.sh
. "$(dirname "$0")/in_lab.sh"

in_lab "$out" --scenario virtio -- bash "$(realpath "$(dirname "$0")")/inside_io_limit.sh" "$build/passbench" "$out"
