#!/bin/bash
# Runs inside the lab's machine: the same micro guest over virtio-serial and over vsock, and an agent that listens.
# Arguments: passbench, directory for results. Prints PASS/FAIL lines; the status is the number of failures.
# shellcheck disable=SC2317  # functions are called through check()
set -u
pb=$1
out=$2
rm -rf "${out:?}"/*/ # a start before this one, in a machine that hung, may have left runs
failed=0

check() { # text, then a command
	local text=$1
	shift
	if "$@"; then
		echo "PASS $text"
	else
		echo "FAIL $text"
		failed=$((failed + 1))
	fi
}
aligned() { grep -o 'aligned to .*' "$1/log.txt"; }

for way in serial vsock; do
	"$pb" run --disk PBLAB0001 --guest "launch:cpus=2,mem=512M,transport=$way" --depth 1,4 --duration 2s -o "$out/$way" >"$out/$way.out" 2>"$out/$way.err"
	status=$? # the $(...) below would change it
	check "a run with transport=$way: $(tail -n 1 "$out/$way.err")" test $status -eq 0
	check "the manifest says $way" grep -q "\"transport\": \"$way\"" "$out/$way/manifest.json"
	check "the clock's bound over $way is in the log: $(aligned "$out/$way")" grep -q "pings over $way" "$out/$way/log.txt"
	check "no failed I/O over $way" test "$(awk -F, 'NR > 1 { n += $9 } END { print n + 0 }' "$out/$way/steps.csv")" = 0
done
check "no guest is left" test -z "$(pgrep -x qemu-system-x86)"

# An agent that listens, on this machine's own address: what an existing guest runs.
modprobe vsock_loopback
truncate -s 64M /dev/shm/disk
loop=$(losetup --show -f /dev/shm/disk)
"${pb%/*}/passbench-agent" --vsock 7711 2>"$out/agent.err" &
agent=$!
for n in 1 2; do
	"$pb" run --guest vsock:1,qemu-pid=$agent --disk "$loop" --depth 4 --duration 1s -o "$out/listen$n" >/dev/null 2>"$out/listen.err"
	check "run $n against a listening agent: $(tail -n 1 "$out/listen.err")" grep -q 'pings over vsock' "$out/listen$n/log.txt"
done
check "the agent lives on" kill -0 $agent
su nobody -s /bin/bash -c "HOME=/tmp $pb check --guest vsock:1 --disk $loop" >"$out/nobody.out" 2>&1
check "somebody who is not root is not heard" grep -q 'Permission denied' "$out/nobody.out"
"$pb" run --guest vsock:1:7712 --disk "$loop" -o "$out/none" 2>"$out/none.err"
check "a port nobody listens on is status 5" test $? -eq 5
check "and one sentence" grep -q '^passbench: cannot reach vsock 1:7712' "$out/none.err"
kill $agent
exit $failed
