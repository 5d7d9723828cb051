#!/bin/bash
# A command that hangs in the lab's machine: it is ended, and what its processes wait for is said. One boot. Prints PASS/FAIL lines.
# $B: build folder.
set -u
pb=$(realpath "${B:-build}")/passbench
[ "$(id -u)" -eq 0 ] || exit 77
dir=$(mktemp -d /tmp/passbench-silent-XXXXXX)
trap 'rm -rf "$dir"' EXIT
failed=0

verdict() { # NAME, status of what was asked
	if [ "$2" -eq 0 ]; then
		echo "PASS $1"
	else
		echo "FAIL $1: $(tail -n 20 "$dir/err")"
		failed=1
	fi
}

# four signs of life 4 s apart, then none
timeout 600 "$pb" lab run --silent 10 -- bash -c 'for i in 1 2 3 4; do echo $i; sleep 4; done; exec sleep 300' \
	>"$dir/out" 2>"$dir/err" </dev/null
status=$?
verdict "a command that hangs is status 5" "$((status != 5))"
verdict "and is said to" "$(grep -q '^passbench: the command in the lab has said nothing for 10 s: it hangs' "$dir/err"; echo $?)"
verdict "one that says something now and then is not ended" "$(grep -qx 4 "$dir/out"; echo $?)"
verdict "its processes are named" "$(grep -qE '^[0-9]+ sleep 300 *$' "$dir/err"; echo $?)"
verdict "with what they wait for" "$(grep -qE '^  [0-9]+ S [a-z_]*nanosleep[a-z_]* syscall [0-9]+ sleep' "$dir/err"; echo $?)"
exit $failed
