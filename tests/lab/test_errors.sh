#!/bin/bash
# Failing I/O in the lab: one boot of a machine whose disk has a bad sector (scenario `errors`), which also makes
# disks that die and dead ones (device mapper).
# Prints PASS/FAIL lines. $B: build folder.
set -u
build=$(realpath "${B:-build}")
out=$(mktemp -d /tmp/passbench-errors-XXXXXX)
trap 'rm -rf "$out"' EXIT
# shellcheck source=tests/lab/in_lab.sh
. "$(dirname "$0")/in_lab.sh"

in_lab "$out" --scenario errors -- bash "$(realpath "$(dirname "$0")")/inside_errors.sh" "$build/passbench" "$out"
