#!/bin/bash
# Runs inside the lab's machine with the scenario `errors`: reads that fail are never taken for a result, on any
# backend; the sound disk beside it is measured by each of them. Arguments: passbench, directory for results.
# Prints PASS/FAIL lines; the status is the number of failures.
set -u
pb=$1
out=$2
launch=launch:cpus=2,mem=512M,cpuset=0-1
failed=0

verdict() { # text, status of what was asked, file to show
	if [ "$2" -eq 0 ]; then
		echo "PASS $1"
	else
		echo "FAIL $1: $(tail -n 3 "$3" | tr '\n' ' ')"
		failed=$((failed + 1))
	fi
}

run() { # name, serial, guest, option...: status in $status, what it said in $out/NAME.err
	local name=$1 serial=$2 guest=$3
	shift 3
	"$pb" run --disk "$serial" --guest "$guest" --duration 20s -o "$out/$name" "$@" 2>"$out/$name.err"
	status=$?
}

# 4096 blocks and 6000 reads a second: the bad one comes up within a second or two
for backend in uring uring_cmd; do
	guest=local # no boot for the second one
	[ $backend = uring_cmd ] || guest=$launch
	run "bad-$backend" PBLAB0001 $guest --depth 8 --backend $backend
	verdict "$backend: a failed read ends the run with status 4" "$((status != 4))" "$out/bad-$backend.err"
	grep '^passbench: ' "$out/bad-$backend.err" | grep -qE 'fio ended by itself.*(Input/output error|No data available)'
	verdict "$backend: and says that reads failed" $? "$out/bad-$backend.err"
	grep -q '"state": "incomplete"' "$out/bad-$backend/manifest.json"
	verdict "$backend: and leaves no complete run" $? "$out/bad-$backend.err"
done

for backend in uring_cmd libaio; do
	guest=local
	[ $backend = libaio ] || guest=$launch
	run "good-$backend" PBLAB0002 $guest --depth 4 --duration 2s --backend $backend
	verdict "$backend: the sound disk is measured" "$status" "$out/good-$backend.err"
	grep -q "\"backend\": \"$backend\"" "$out/good-$backend/manifest.json"
	verdict "$backend: and the manifest names it" $? "$out/good-$backend.err"
done
exit $failed
