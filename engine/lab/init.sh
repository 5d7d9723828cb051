#!/bin/busybox sh
# shellcheck shell=dash
# Init of the lab's outer machine, in two stages.
#
# "boot" runs from the initramfs: loads the modules, puts a memory-backed
# overlay over the real machine's root (9p, read-only) and moves into it.
# "inside" runs from there: finishes the mounts, makes the lab's kernel and QEMU
# look installed, runs /run/lab/command and powers off. Nothing written outside the shares outlives it.
# The file /run/lab/share/status gets the command's exit status.

lab=/run/lab

fail() {
	echo "passbench lab: $*" >/dev/console
	sync
	/bin/busybox poweroff -f
	exec sleep 60
}

mount_9p() {
	mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,$3" "$1" "$2" || fail "cannot mount share $1 on $2"
}

boot() {
	/bin/busybox --install -s /bin
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs dev /dev
	while read -r module; do
		insmod "$module" || fail "cannot load $module"
	done </modules.list
	mkdir -p /lower /over /root
	mount_9p root /lower ro,cache=loose
	mount -t tmpfs over /over
	mkdir /over/upper /over/work
	mount -t overlay -o lowerdir=/lower,upperdir=/over/upper,workdir=/over/work,xino=off overlay /root ||
		fail "cannot mount the overlay"
	mount -t tmpfs run /root/run
	mkdir /root$lab
	cp /lab/* /init /root$lab/
	mount --move /proc /root/proc
	mount --move /sys /root/sys
	mount --move /dev /root/dev
	exec switch_root /root /bin/busybox sh $lab/init inside
}

port() {
	local dir

	for dir in /sys/class/virtio-ports/*; do
		[ "$(cat "$dir/name" 2>/dev/null)" = "$1" ] && echo "/dev/${dir##*/}" && return
	done
	fail "no virtio port $1"
}

# The lab's kernel and QEMU live in the cache folder: make them look installed.
dress() {
	local release=$1 cache=$2

	mkdir -p /lib/modules /boot /usr/local/bin
	ln -sfn "$cache/linux-6.12/lib/modules/$release" "/lib/modules/$release"
	ln -sfn "$cache/linux-6.12/boot/vmlinuz-$release" "/boot/vmlinuz-$release"
	cat >/usr/local/bin/qemu-system-x86_64 <<-END
		#!/bin/sh
		exec $cache/qemu-10/usr/bin/qemu-system-x86_64 -L $cache/qemu-10/usr/share/seabios -L $cache/qemu-10/usr/share/qemu "\$@"
	END
	chmod 755 /usr/local/bin/qemu-system-x86_64
}

# What a thread waits for: state, place in the kernel, number of the system call; its stack where it cannot be
# interrupted.
thread() { # /proc/PID/task/TID
	local comm state call stack=""

	comm=$(cat "$1/comm")
	state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "$1/status")
	call=$(cut -d ' ' -f 1 "$1/syscall")
	[ "$state" != D ] || stack=$(sed 's/^\[<0>\] //; s/+0x.*//' "$1/stack" | head -n 8 | tr '\n' ' ')
	echo "  ${1##*/} $state $(cat "$1/wchan") syscall $call $comm $stack"
}

# The answer to share/tell, by the first CPU that sees the question.
tell() {
	local dir task file

	mkdir $lab/told 2>/dev/null || return
	for dir in /proc/[0-9]*; do
		file=$(tr '\0\n' '  ' <"$dir/cmdline" | cut -c 1-120)
		[ -n "$file" ] || continue
		echo "${dir##*/} $file"
		for task in "$dir"/task/*; do
			thread "$task"
		done
	done >$lab/tasks 2>/dev/null
	for file in /run/passbench/guest-*/*.log; do
		[ ! -s "$file" ] || tail -n 5 "$file" | sed "s|^|${file##*/}: |"
	done >>$lab/tasks
	dmesg | tail -n 15 >>$lab/tasks
	cp $lab/tasks $lab/share/tasks.part
	mv $lab/share/tasks.part $lab/share/tasks
}

# One loop on each CPU says that the CPU lives, and wakes the next one: an emulated CPU that lost its timer
# goes on when another interrupts it. What stays silent is ended from outside. Nothing is started for a beat:
# under emulation that would keep a CPU busy which may be a measured one. A loop that nobody has woken for 5 s
# sends a wake once around. Each beat asks every share for a name that no cache has: a request whose notification
# was lost goes on with the next one's. And each beat looks whether somebody outside asks what hangs.
beat() { # CPU, the next one, how many, directory for results or nothing
	local n=0 hops

	exec 3<>"$lab/beat.$1" 4<>"$lab/beat.$2"
	while :; do
		n=$((n + 1))
		echo $n >"$lab/share/alive.$1"
		[ ! -e "$lab/share/tell" ] || tell
		[ -e "/beat.$1.$n" ] || [ -z "$4" ] || [ -e "$4/beat.$1.$n" ]
		# shellcheck disable=SC3045 # busybox has it
		read -r -t 5 hops <&3 || hops=$3
		[ "$hops" -le 1 ] || echo $((hops - 1)) >&4
	done
}

start_beats() { # directory for results or nothing
	local cpu=0 cpus

	cpus=$(/bin/busybox nproc)
	while [ $cpu -lt "$cpus" ]; do
		/bin/busybox mkfifo $lab/beat.$cpu
		cpu=$((cpu + 1))
	done
	cpu=0
	while [ $cpu -lt "$cpus" ]; do
		/bin/busybox taskset -c $cpu /bin/busybox sh $lab/init beat $cpu $(((cpu + 1) % cpus)) "$cpus" "$1" </dev/null >/dev/null 2>&1 &
		cpu=$((cpu + 1))
	done
}

inside() {
	local results

	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	export PATH
	mkdir -p /dev/pts /dev/shm
	mount -t devpts devpts /dev/pts
	mount -t tmpfs shm /dev/shm
	mount -t debugfs debugfs /sys/kernel/debug
	mkdir $lab/share
	mount_9p lab $lab/share rw
	results=$(cat $lab/results)
	if [ -n "$results" ]; then
		mkdir -p "$results"
		mount_9p results "$results" rw
	fi
	dress "$(uname -r)" "$(cat $lab/cache)"
	/bin/busybox hostname lab
	[ ! -e $lab/irq_mask ] || cat $lab/irq_mask >/proc/irq/default_smp_affinity
	modprobe -a kvm-amd vfio-pci vfio_iommu_type1 nvme loop || fail "cannot load the host's modules"
	/bin/busybox ip link set lo up
	start_beats "$results"
	echo up >$lab/share/booted
	if [ -e $lab/shell ]; then
		/bin/busybox setsid -c /bin/bash $lab/command <>/dev/hvc0 >&0 2>&1
	else
		/bin/bash $lab/command </dev/null >"$(port org.passbench.out)" 2>"$(port org.passbench.err)"
	fi
	echo $? >$lab/share/status
	sync
	/bin/busybox poweroff -f
	exec sleep 60
}

case ${1:-boot} in
inside) inside ;;
beat) beat "$2" "$3" "$4" "$5" ;;
*) boot ;;
esac
