#!/bin/bash
# make bench: every measured ratio, one script each. $1: build folder.
set -u
cd "$(dirname "$0")/../.." || exit 2
export B=${1:-build}
for script in tests/bench/bench_*.sh; do
	echo "== $(sed -n '2s/^# //p' "$script")"
	bash "$script" || echo "$(basename "$script"): could not be measured (status $?)"
done
