#!/bin/bash
# Progress where nothing can be redrawn: a log, a pipe, CI. The line on a terminal is test_terminal.c's.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build}
dir=$(mktemp -d /tmp/passbench-progress-XXXXXX)
trap 'rm -rf "$dir"' EXIT
failed=0
verdict() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "PASS progress/$1"
	else
		echo "FAIL progress/$1"
		failed=1
	fi
}
collect() { "$B/passbench" collect --only cpu "$@"; }

# one line when nothing else was said for 10 s, one more with what was done
TERM=xterm collect --duration 12s -o "$dir/a" >"$dir/a.out" 2>"$dir/a.err" &
slow=$!
TERM=xterm collect --duration 12s --quiet -o "$dir/b" >"$dir/b.out" 2>"$dir/b.err" &
quiet=$!
TERM=xterm collect --duration 1s -o "$dir/c" >"$dir/c.out" 2>"$dir/c.err"
verdict short-ends $?
echo "counters are in $dir/c/host" | diff - "$dir/c.err"
verdict short-work-shows-no-progress $?
wait "$slow"
verdict long-ends $?
# 10 of 12 s are over, give or take a second of a busy machine
sed -E 's/^\[0:1[0-9]\] [789][0-9]% collecting, [0-3] s left$/PROGRESS/' "$dir/a.err" |
	diff <(printf 'PROGRESS\ncounters are in %s/a/host\n' "$dir") -
verdict a-log-gets-plain-lines $?
! LC_ALL=C grep -q '[[:cntrl:]]' "$dir/a.err" "$dir/c.err"
verdict no-control-characters $?
wait "$quiet"
verdict quiet-ends $?
cat "$dir/b.out" "$dir/b.err" | diff /dev/null -
verdict quiet-says-nothing $?
cat "$dir/a.out" "$dir/c.out" | diff /dev/null -
verdict progress-is-no-result $?

# an error is told, however quiet
collect --quiet --duration 1s -o "$dir/c" >"$dir/e.out" 2>"$dir/e.err"
[ $? -eq 2 ] && grep -q "^passbench: $dir/c is not empty" "$dir/e.err" && [ "$(wc -l <"$dir/e.err")" -eq 1 ]
verdict quiet-tells-errors $?

# for the passbench outside the lab, on a character device as the lab's port is one; a diverted output stays a log
export PASSBENCH_PROGRESS=records
script -qec "$B/passbench collect --only cpu --duration 1s -o $dir/d" "$dir/d.err" >/dev/null </dev/null
tr -d '\r' <"$dir/d.err" >"$dir/d.records"
grep -qx $'\x1e0.[0-9]* [0-9.]* collecting' "$dir/d.records" && grep -qx $'\x1e' "$dir/d.records"
verdict records-when-asked-for $?
collect --duration 1s -o "$dir/e" 2>"$dir/f.err"
echo "counters are in $dir/e/host" | diff - "$dir/f.err"
verdict no-records-in-a-log $?
exit $failed
