#!/bin/bash
# Runs inside the lab's machine: a disk through VFIO, interrupted, killed, and measured to the end.
# Arguments: passbench, directory for results. Prints PASS/FAIL lines; the status is the number of failures.
# shellcheck disable=SC2317  # the small functions are called through check()
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

driver() {
	basename "$(readlink /sys/bus/pci/devices/0000:00:10.0/driver)"
}
driver_is() { [ "$(driver)" = "$1" ]; }
no_guest() { ! pgrep -x qemu-system-x86 >/dev/null; }
no_litter() { ! compgen -G "/run/passbench/guest-*" >/dev/null && ! compgen -G "/run/passbench/journals/*" >/dev/null; }
disk() { # the block device: nvme0n1, not the hidden path nvme0c0n1
	for dir in /sys/block/nvme*n1; do
		[ "$(cat "$dir/hidden")" = 0 ] && echo "/dev/${dir##*/}" && return
	done
}
status_is() { [ "$1" -eq "$2" ]; }

wait_for() { # pattern, file: at most 3 minutes, a guest may have to be started twice
	for _ in $(seq 1800); do
		grep -q "$1" "$2" && return 0
		sleep 0.1
	done
	return 1
}

wait_disk() { # the driver is there at once, its block device a moment later
	for _ in $(seq 100); do
		[ -n "$(disk)" ] && return
		sleep 0.1
	done
}

settings() { # all that passbench may change on a host, with what it is now; interrupts of the disk come and go with its driver
	readlink /sys/bus/pci/devices/0000:00:10.0/driver
	wait_disk
	(
		cd /sys/block/"$(basename "$(disk)")"/queue || exit
		grep -H . scheduler nr_requests rq_affinity wbt_lat_usec write_cache 2>/dev/null
	)
	grep -H . /sys/bus/pci/devices/0000:00:10.0/driver_override /sys/module/kvm/parameters/halt_poll_ns* \
		/proc/irq/default_smp_affinity /proc/sys/vm/dirty_*bytes
}

guest=launch:cpus=2,mem=512M,cpuset=0-1
serial=$(cat /sys/bus/pci/devices/0000:00:10.0/nvme/nvme*/serial)
sum() { sha256sum "$(disk)" | cut -d' ' -f1; }
check "the disk starts with the host's driver" driver_is nvme
check "the disk has its serial" status_is "$([ "${serial%% *}" = PBLAB0001 ] && echo 0 || echo 1)" 0
before=$(sum)
settings=$(settings)

# Ctrl-C while the guest measures
"$pb" run --disk PBLAB0001 --guest $guest --depth 4 --duration 60s -o "$out/int" 2>"$out/int.err" &
pid=$!
check "a run reaches its guest" wait_for "fio runs in the guest" "$out/int.err"
check "meanwhile vfio-pci has the disk" driver_is vfio-pci
kill -INT $pid
wait $pid
check "Ctrl-C ends with status 130" status_is $? 130
check "after Ctrl-C the host's driver has the disk" driver_is nvme
check "after Ctrl-C no guest is left" no_guest
check "after Ctrl-C no litter is left" no_litter

# Ctrl-C while the guest boots
"$pb" run --disk PBLAB0001 --guest $guest --depth 4 --duration 60s -o "$out/boot" 2>"$out/boot.err" &
pid=$!
for _ in $(seq 300); do
	pgrep -x qemu-system-x86 >/dev/null && break
	sleep 0.1
done
kill -INT $pid
wait $pid
check "Ctrl-C during boot ends with status 130" status_is $? 130
check "after that the host's driver has the disk" driver_is nvme
check "after that no guest is left" no_guest

# A QEMU that gives a reason is believed; one that ends without a word is started once more.
mkdir "$out/bin"
cat >"$out/bin/qemu-system-x86_64" <<-END
	#!/bin/sh
	[ "\$#" -gt 1 ] || exec $(command -v qemu-system-x86_64) "\$@" # asked for its version
	echo x >>$out/starts
	[ ! -e $out/complain ] || { echo "no such thing" >&2; exit 1; }
	[ "\$(wc -l <$out/starts)" -gt 1 ] || exit 0
	exec $(command -v qemu-system-x86_64) "\$@"
END
chmod 755 "$out/bin/qemu-system-x86_64"
starts_are() { [ "$(wc -l <"$out/starts")" -eq "$1" ]; }
rm -f "$out/starts"
touch "$out/complain"
PATH=$out/bin:$PATH "$pb" run --disk PBLAB0001 --guest $guest --depth 4 --duration 1s -o "$out/complained" 2>"$out/complained.err"
check "a QEMU that refuses ends the run with status 5" status_is $? 5
check "and says why" grep -q '^passbench: the guest has ended: no such thing$' "$out/complained.err"
check "and is not started again" starts_are 1
rm "$out/complain" "$out/starts"

# the guest ends while it measures
"$pb" run --disk PBLAB0001 --guest $guest --depth 4 --duration 60s -o "$out/gone" 2>"$out/gone.err" &
pid=$!
check "a run whose guest will end reaches it" wait_for "fio runs in the guest" "$out/gone.err"
"$pb" run --disk 0000:00:10.0 --guest $guest --depth 4 --duration 1s -o "$out/second" 2>"$out/second.err"
check "a disk that a guest has is refused" status_is $? 3
check "and the guest's process is named" grep -q "^passbench: process $(pgrep -o -x qemu-system-x86) (qemu-system-x86) has 0000:00:10.0 .*open through VFIO" "$out/second.err"
pkill -9 -x qemu-system-x86
wait $pid
check "a guest that ends while it measures is status 5" status_is $? 5
check "the message says how QEMU ended" grep -q "^passbench: the agent went away while asked '[a-z]*': the guest has ended: QEMU ended by signal 9" "$out/gone.err"
check "the host's driver has the disk again" driver_is nvme
check "and no litter is left" no_litter
mv "$out/gone.err" "$out/gone.said" # it ended on purpose (in_lab.sh)

# kill -9 while the guest measures, then rollback
PATH=$out/bin:$PATH "$pb" run --disk PBLAB0001 --guest $guest --depth 4 --duration 60s -o "$out/kill" 2>"$out/kill.err" &
pid=$!
check "another run reaches its guest" wait_for "fio runs in the guest" "$out/kill.err"
check "though its first QEMU ended without a word" grep -q 'QEMU ended with status 0 and said nothing.*; starting it once more$' "$out/kill.err"
check "and was started twice" starts_are 2
kill -9 $pid
wait $pid 2>/dev/null
sleep 1
check "kill -9 takes the guest along" no_guest
check "kill -9 leaves the disk with vfio-pci" driver_is vfio-pci
"$pb" rollback "$out/kill" >/dev/null
check "rollback succeeds" status_is $? 0
check "after rollback the host's driver has the disk" driver_is nvme
sleep 1
check "nothing on the disk has changed" status_is "$([ "$(sum)" = "$before" ] && echo 0 || echo 1)" 0

# killed again, and this time simply run again: the whole job
"$pb" run --disk PBLAB0001 --guest $guest --depth 4 --duration 60s -o "$out/poc" 2>"$out/kill2.err" &
pid=$!
check "a third run reaches its guest" wait_for "fio runs in the guest" "$out/kill2.err"
kill -9 $pid
wait $pid 2>/dev/null
"$pb" poc --disk PBLAB0001 --guest $guest --depth 1,2,4,8,16,32,64,128 --duration 2s -o "$out/poc"
check "poc after a killed run succeeds" status_is $? 0
check "after poc the host's driver has the disk" driver_is nvme
check "after poc no litter is left" no_litter
check "the report is there" test -s "$out/poc/report/index.html"
check "a change was tried" test -s "$out/poc/tune/1-R-I2/tune.json"
"$pb" rollback "$out/poc" >/dev/null
check "rollback after poc succeeds" status_is $? 0

# kill -9 in the middle of tuning, with vectors moved and the disk with vfio-pci
"$pb" tune --apply "$out/poc" 2>"$out/tune.err" &
pid=$!
check "tuning reaches its first pair" wait_for "pair 1" "$out/tune.err"
kill -9 $pid
wait $pid 2>/dev/null
sleep 1
check "kill -9 of tune leaves the disk with vfio-pci" driver_is vfio-pci
"$pb" rollback "$out/poc" >/dev/null
check "rollback of a killed tune succeeds" status_is $? 0
check "after it every setting of the host is as it was at the start" test "$(settings)" = "$settings"
check "after it the host's driver has the disk" driver_is nvme

# refusals on a real host
dev=$(disk)
"$pb" run --disk nosuch -o "$out/x" 2>"$out/x.err"
check "an unknown disk is status 2" status_is $? 2
check "and the known ones are listed" grep -q PBLAB0001 "$out/x.err"
mkswap "$dev" >/dev/null && swapon "$dev"
"$pb" run --disk PBLAB0001 -o "$out/x" 2>"$out/x.err"
check "a disk in use as swap is status 3" status_is $? 3
check "and says swap" grep -q swap "$out/x.err"
check "and stays with its driver" driver_is nvme
swapoff "$dev"
exit $failed
