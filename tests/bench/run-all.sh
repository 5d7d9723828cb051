#!/bin/bash
# make bench: every measured ratio, one script each, about ten minutes in all. $1: build folder.
# A bench that cannot run here says why and ends with status 77; any other status but 0 makes this one end with 1.
set -u
cd "$(dirname "$0")/../.." || exit 2
export B=${1:-build}
export TRIES=${TRIES:-5}
failed=0
for script in tests/bench/bench_*.sh; do
	began=$SECONDS
	echo "== $(basename "$script"): $(sed -n '2s/^# //p' "$script")"
	bash "$script"
	status=$?
	case $status in
	0) echo "   $((SECONDS - began)) s" ;;
	77) echo "   cannot be measured here" ;;
	*)
		echo "   FAILED with status $status"
		failed=1
		;;
	esac
done
echo "== all: $SECONDS s"
exit $failed
