#!/bin/bash
# Runs inside the lab's machine with the scenario `errors`: I/Os that fail are never taken for a result, on any
# backend, in a guest or without one; the run ends in order and says which failed and where. A disk that dies in
# the middle, a dead one, and the sound disk beside them. Arguments: passbench, directory for results.
# Prints PASS/FAIL lines; the status is the number of failures.
set -u
pb=$1
out=$2
rm -rf "${out:?}"/*/ # a start before this one, in a machine that hung, may have left runs
launch=launch:cpus=2,mem=512M,cpuset=0-1
bad_byte=$((16384 * 512)) # scenarios.def
failed=0

verdict() { # text, status of what was asked, file to show
	if [ "$2" -eq 0 ]; then
		echo "PASS $1"
	else
		echo "FAIL $1: $(tail -n 3 "$3" | tr '\n' ' ')"
		failed=$((failed + 1))
	fi
}

run() { # name, disk, guest, option...: status in $status, what it said in $out/NAME.err
	local name=$1 disk=$2 guest=$3
	shift 3
	"$pb" run --disk "$disk" --guest "$guest" -o "$out/$name" "$@" 2>"$out/$name.err"
	status=$?
}

# Rows of steps.csv where the condition on c (completed), f (failed), v (valid), r (reason), i (iops), l (mean
# latency) holds.
steps() { # name, awk condition
	tr -d '\r' <"$out/$1/steps.csv" |
		awk -F, "NR > 1 { c = \$8; f = \$9; i = \$11; l = \$15; v = \$(NF - 1); r = \$NF; if ($2) n++ } END { print n + 0 }"
}

ended_in_order() { # name, text
	verdict "$2: the run ends with status 4" "$((status != 4))" "$out/$1.err"
	grep -qE '^passbench: [0-9]+ I/Os failed at depth [0-9]+ \(the first: ' "$out/$1.err"
	verdict "$2: and says how many failed, at which depth, and the first" $? "$out/$1.err"
	grep -q '"state": "complete"' "$out/$1/manifest.json"
	verdict "$2: the directory is complete" $? "$out/$1.err"
	[ "$(steps "$1" 'f > 0')" = 1 ] && [ "$(steps "$1" 'f > 0 && v == 0 && r ~ /^failed-io/')" = 1 ]
	verdict "$2: one step failed and is not valid, the curve ends there" $? "$out/$1/steps.csv"
	"$pb" analyze "$out/$1" >"$out/$1.findings" 2>&1
	grep -q '^critical.*\[valid-failed-io\]' "$out/$1.findings"
	verdict "$2: analyze says so" $? "$out/$1.findings"
}

# 4096 blocks and 6000 reads a second: the bad one comes up within a second or two
for backend in uring uring_cmd; do
	guest=local # no boot for the second one
	[ $backend = uring_cmd ] || guest=$launch
	run "bad-$backend" PBLAB0001 $guest --depth 8,16 --duration 20s --backend $backend
	ended_in_order "bad-$backend" "one bad sector, $backend, $guest"
	! cut -d, -f6 "$out/bad-$backend"/guest/*/errors.csv | sed 1d | grep -qvx $bad_byte
	verdict "one bad sector, $backend, $guest: errors.csv names the bad block and no other" $? \
		"$(echo "$out/bad-$backend"/guest/*/errors.csv)"
	grep -q "read of 4096 bytes at byte $bad_byte: E" "$out/bad-$backend.findings"
	verdict "one bad sector, $backend, $guest: the finding names it with errno" $? "$out/bad-$backend.findings"
done

modprobe dm-mod 2>/dev/null && modprobe dm-flakey 2>/dev/null
if command -v dmsetup >/dev/null && dmsetup targets 2>/dev/null | grep -q flakey; then
	truncate -s 64M "$out/disk.img"
	loop=$(losetup -f --show "$out/disk.img")
	# sound for 6 s from its making, dead from then on: depths of 2 s, so that some are measured before
	dmsetup create --noudevsync dying --table "0 131072 flakey $loop 0 6 3600"
	run dying "/dev/$(dmsetup info -c --noheadings -o blkdevname dying)" local --depth 1,2,4,8 --duration 2s
	ended_in_order dying "a disk that dies"
	[ "$(steps dying 'v == 1 && f == 0 && c > 0')" -ge 1 ]
	verdict "a disk that dies: what was measured before stays valid" $? "$out/dying/steps.csv"
	dmsetup remove --noudevsync dying

	dmsetup create --noudevsync dead --table "0 131072 error"
	before=$SECONDS
	run dead "/dev/$(dmsetup info -c --noheadings -o blkdevname dead)" local --depth 1,2,4,8 --duration 60s
	ended_in_order dead "a dead disk"
	verdict "a dead disk: within seconds, not the 240 asked for" "$((SECONDS - before > 60))" "$out/dead.err"
	[ "$(steps dead 'c == 0 && i == "" && l == ""')" = 1 ]
	verdict "a dead disk: no completion, so neither a rate nor a latency" $? "$out/dead/steps.csv"
	[ "$(wc -l <"$out/dead/guest/local/latency.csv")" = 1 ]
	verdict "a dead disk: and no latency sample" $? "$out/dead/guest/local/latency.csv"
	dmsetup remove --noudevsync dead

	# neither answers nor fails: fio cannot end by itself
	dmsetup create --noudevsync hangs --table "0 131072 linear $loop 0"
	(
		until grep -qs 'fio runs in the guest' "$out/hangs.err"; do sleep 0.2; done
		sleep 2
		dmsetup suspend --noudevsync --noflush --nolockfs hangs
	) &
	run hangs "/dev/$(dmsetup info -c --noheadings -o blkdevname hangs)" local --depth 4 --duration 8s
	mv "$out/hangs.err" "$out/hangs.said" # it hung on purpose (in_lab.sh)
	verdict "a disk that hangs: the run ends with status 4" "$((status != 4))" "$out/hangs.said"
	grep -qE '^passbench: fio failed in the guest .*: fio (did not end within 10 s and was|cannot be) killed' "$out/hangs.said"
	verdict "a disk that hangs: and says that fio could not end" $? "$out/hangs.said"
	dmsetup resume --noudevsync hangs
	dmsetup remove --noudevsync hangs
	losetup -d "$loop"
	rm -f "$out/disk.img"
else
	echo "SKIP device mapper: no dmsetup, or no flakey target"
fi

for backend in uring_cmd libaio; do
	guest=local
	[ $backend = libaio ] || guest=$launch
	run "good-$backend" PBLAB0002 $guest --depth 4 --duration 2s --backend $backend
	verdict "$backend: the sound disk is measured" "$status" "$out/good-$backend.err"
	grep -q "\"backend\": \"$backend\"" "$out/good-$backend/manifest.json"
	verdict "$backend: and the manifest names it" $? "$out/good-$backend.err"
	[ "$(wc -l <"$(echo "$out/good-$backend"/guest/*/errors.csv)")" = 1 ]
	verdict "$backend: and errors.csv is empty" $? "$out/good-$backend.err"
done
exit $failed
