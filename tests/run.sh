#!/bin/bash
# Runs tests that are built in folder B: structure, unit (cmocka), corpus (fuzz targets over
# their corpus), scripts (tests/*/test_*.sh, the lab last). Each result is a line; the last line
# is "N passed, N failed, N skipped" over everything. Exit 1 when anything failed.
#
# usage: tests/run.sh B STAGE...
set -u
cd "$(dirname "$0")/.." || exit 2
B=$1
shift
export B LC_ALL=C

passed=0
failed=0
skipped=0
# A test that hangs is a failure, not a hung CI job. The lab boots machines: its scripts may take this long.
TEST_SECONDS=${TEST_SECONDS:-300}
SCRIPT_SECONDS=${SCRIPT_SECONDS:-1600}

# add PASSED FAILED SKIPPED
add() {
	passed=$((passed + $1))
	failed=$((failed + $2))
	skipped=$((skipped + $3))
}

count() { grep -cE "$1" "$2"; }

# Results of a script: its own PASS/FAIL/SKIP lines, and its exit status where they say less.
count_lines() { # NAME STATUS LOG
	local p f s
	p=$(count '^PASS( |$)' "$3")
	f=$(count '^FAIL( |$)' "$3")
	s=$(count '^SKIP( |$)' "$3")
	if [ "$2" -eq 77 ]; then
		[ "$s" -gt 0 ] || { echo "SKIP $1" && s=1; }
	elif [ "$2" -ne 0 ]; then
		[ "$f" -gt 0 ] || { echo "FAIL $1: exit status $2" && f=1; }
	elif [ $((p + f + s)) -eq 0 ]; then
		echo "PASS $1" && p=1
	elif [ "$f" -gt 0 ]; then
		echo "$1: said FAIL but exited 0"
	fi
	add "$p" "$f" "$s"
}

# script NAME COMMAND...: output appears as it comes and is kept for counting.
script() {
	local name=$1 log status
	shift
	log=$B/test-logs/${name//\//-}.log
	timeout -k 30 "$SCRIPT_SECONDS" "$@" 2>&1 | tee "$log"
	status=${PIPESTATUS[0]}
	[ "$status" -ne 124 ] || echo "$name: stopped after $SCRIPT_SECONDS s"
	count_lines "$name" "$status" "$log"
}

# cmocka's TAP: "ok", "not ok" and, for a skipped test, "not ok ... # SKIP".
unit_one() {
	local name=$1 log=$B/test-logs/$1.log status p f s
	CMOCKA_MESSAGE_OUTPUT=tap timeout -k 5 "$TEST_SECONDS" "$B/unit/$name" >"$log" 2>&1 </dev/null
	status=$?
	s=$(count '^not ok [0-9]+ # SKIP' "$log")
	f=$(($(count '^not ok ' "$log") - s))
	p=$(count '^ok ' "$log")
	# Crashed, stopped or refused by a sanitizer after its tests: the exit status is the only sign.
	[ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
	[ $((p + f + s)) -gt 0 ] || f=1
	if [ "$f" -gt 0 ]; then
		echo "FAIL unit/${name#test_} ($p passed, $f failed, exit status $status); whole log: $log"
		grep -vE '^(ok |1\.\.)' "$log" | head -n 60
	else
		echo "PASS unit/${name#test_} ($p passed$([ "$s" -eq 0 ] || echo ", $s skipped"))"
	fi
	add "$p" "$f" "$s"
}

unit() {
	local source name
	for source in tests/unit/test_*.c; do
		name=$(basename "$source" .c)
		unit_one "$name"
	done
}

corpus() {
	local source name log status
	for source in tests/fuzz/fuzz_*.c; do
		name=$(basename "$source" .c)
		log=$B/test-logs/$name.log
		if [ ! -x "$B/asan/fuzz/$name" ]; then
			echo "FAIL fuzz/${name#fuzz_}: not built"
			add 0 1 0
			continue
		fi
		timeout -k 5 "$TEST_SECONDS" "$B/asan/fuzz/$name" "tests/fuzz/corpus/${name#fuzz_}"/* >"$log" 2>&1
		status=$?
		if [ "$status" -eq 0 ]; then
			echo "PASS fuzz/${name#fuzz_} ($(tail -n 1 "$log"))"
			add 1 0 0
		else
			echo "FAIL fuzz/${name#fuzz_}: exit status $status; whole log: $log"
			tail -n 40 "$log"
			add 0 1 0
		fi
	done
}

scripts() {
	local file
	for file in tests/[!l]*/test_*.sh tests/lab/test_*.sh; do
		[ -x "$file" ] || continue
		script "$(basename "$(dirname "$file")")/$(basename "$file" .sh)" "$file"
	done
}

mkdir -p "$B/test-logs"
for stage in "$@"; do
	case $stage in
	structure) script structure tests/structure.sh ;;
	unit) unit ;;
	corpus) corpus ;;
	scripts) scripts ;;
	*)
		echo "tests/run.sh: no stage is called $stage" >&2
		exit 2
		;;
	esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
