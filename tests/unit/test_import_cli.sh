#!/bin/bash
# passbench import as a user sees it: exit statuses, what it prints, what it leaves, and that the result can be read.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build}
F=tests/fixtures/import
dir=$(mktemp -d /tmp/passbench-import-XXXXXX)
trap 'rm -rf "$dir"' EXIT
failed=0

# status NAME WANTED COMMAND...: the exit status; output stays in $dir/log
status() {
	local name=$1 wanted=$2 got
	shift 2
	"$@" >"$dir/log" 2>&1
	got=$?
	if [ $got -eq "$wanted" ]; then
		echo "PASS import/$name"
	else
		echo "FAIL import/$name: status $got, not $wanted: $(head -c 300 "$dir/log")"
		failed=1
	fi
}

# says NAME PATTERN: the last output has a line like this
says() {
	if grep -qE -- "$2" "$dir/log"; then
		echo "PASS import/$1"
	else
		echo "FAIL import/$1: $(head -c 300 "$dir/log")"
		failed=1
	fi
}

gone() { [ ! -e "$1" ] && [ -z "$(find "$dir" -name '.passbench-import-*')" ]; }

for file in esxtop.csv fio-curve.json fio-plus.json perfmon.csv sadf.csv sadf.json sar.txt; do
	status "$file" 0 "$B/passbench" import "$F/$file" -o "$dir/$file"
	status "analyze-$file" 0 "$B/passbench" analyze "$dir/$file"
	says "origin-$file" 'Imported from .* \[import-origin\]'
	status "report-$file" 0 "$B/passbench" report "$dir/$file" --format md,html,json
	status "says-origin-$file" 0 grep -qE '\| Origin \| imported from ' "$dir/$file/report/report.md"
done
# every link inside the page leads somewhere
anchors=$(grep -oE 'href="#[a-z0-9-]+"' "$dir/fio-curve.json/report/index.html" | sed 's/href="#\(.*\)"/\1/' | sort -u |
	while read -r id; do grep -q "id=\"\{0,1\}${id}[\" >]" "$dir/fio-curve.json/report/index.html" || echo "$id"; done)
status "no-dead-links${anchors:+: $anchors}" 0 test -z "$anchors"
status host-beside-load 0 "$B/passbench" import --json "$F/esxtop.csv" "$F/fio-curve.json" -o "$dir/both"
says json-result '"steps": 3'

sed '6s/"3010.00"/"x"/' "$F/esxtop.csv" >"$dir/typo.csv"
sed 's/;0.00;0.00;0.00;0.00$/;0.00/' "$F/sadf.csv" >"$dir/short.csv"
head -c 700 "$F/fio-curve.json" >"$dir/cut.json"
status malformed-line 2 "$B/passbench" import "$dir/typo.csv" -o "$dir/out"
says malformed-line-is-named 'typo.csv:6: '
status nothing-left 0 gone "$dir/out"
status lenient 0 "$B/passbench" import --lenient "$dir/typo.csv" -o "$dir/lenient"
says lenient-counts ' 1 lines left out'
status short-lines 2 "$B/passbench" import "$dir/short.csv" -o "$dir/out"
status truncated-json 2 "$B/passbench" import "$dir/cut.json" -o "$dir/out"
says truncated-json-is-named 'cut.json: not whole JSON, line [0-9]+, column [0-9]+'
status missing-file 2 "$B/passbench" import "$dir/none" -o "$dir/out"
status directory 2 "$B/passbench" import "$dir" -o "$dir/out"
status no-output 2 "$B/passbench" import "$F/sadf.csv"
status no-file 2 "$B/passbench" import -o "$dir/out"
status unknown-format 2 "$B/passbench" import --format xentop "$F/sadf.csv" -o "$dir/out"
status not-empty 2 "$B/passbench" import "$F/sadf.csv" -o "$dir/both"
status still-nothing-left 0 gone "$dir/out"
status pipe 0 sh -c "cat $F/sadf.csv | $B/passbench import /dev/stdin -o $dir/pipe"

# Ctrl-C while a pipe has nothing to give
mkfifo "$dir/fifo"
sleep 60 >"$dir/fifo" &
feeder=$!
"$B/passbench" import "$dir/fifo" -o "$dir/out" 2>"$dir/interrupted" &
pid=$!
for _ in $(seq 300); do
	kill -INT $pid 2>/dev/null || break
	sleep 0.1
done
wait $pid
status "interrupt: $?" 0 grep -q interrupted "$dir/interrupted"
kill $feeder 2>/dev/null
status interrupt-leaves-nothing 0 gone "$dir/out"

status list 0 "$B/passbench" list importers
says list-has-all 'perfmon .*typeperf'
exit $failed
