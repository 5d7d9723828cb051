#!/bin/bash
# Disks in use, each refused at every place that can know: on the host before a guest is started (host), by the
# agent through `run` and `verify` (run, verify), by the agent when it is asked directly (agent), and by the
# engine in the machine's own fio (engine). A checksum proves that nothing was written. Runs on any Linux as
# root, also inside the lab; kinds whose kernel module or program is missing are SKIP lines with the reason.
# usage: interlock_cases.sh BUILD LABEL [KIND...]
# shellcheck disable=SC2317  # kinds are called by name
set -u
build=$1 label=$2
shift 2
pb=$build/passbench
dir=$(mktemp -d /tmp/passbench-interlock-XXXXXX)
loop='' loop2='' vg=pbtest$$ failed=0
mkdir "$dir/tmpfs" "$dir/mnt"
mount -t tmpfs -o size=300m tmpfs "$dir/tmpfs" || exit 77

[ -e /dev/loop-control ] || modprobe -q loop

# A loop device over 128 MiB: its name.
make_loop() { # FILE
	truncate -s 128M "$dir/tmpfs/$1"
	losetup --show --partscan --find "$dir/tmpfs/$1" 2>/dev/null
}

fresh() {
	release
	loop=$(make_loop disk)
	if [ -z "$loop" ]; then
		echo "SKIP interlock: no loop device"
		exit 77
	fi
	serial=${loop#/dev/}
}

release() {
	[ -z "${alias_:-}" ] || rm -f "$alias_"
	alias_=
	[ -z "${opener:-}" ] || kill "$opener" 2>/dev/null
	opener=
	[ -z "$loop" ] || swapoff "$loop" 2>/dev/null
	umount "$dir/mnt" 2>/dev/null
	[ -z "${upper:-}" ] || losetup -d "$upper" 2>/dev/null
	upper=
	[ -z "${lv:-}" ] || lvm_ vgchange -an "$vg" >/dev/null 2>&1
	lv=
	[ -z "${md:-}" ] || mdadm --stop "$md" >/dev/null 2>&1
	md=
	[ -z "${crypt:-}" ] || cryptsetup close "$crypt" 2>/dev/null
	crypt=
	[ -z "${dm:-}" ] || dmsetup remove "$dm" 2>/dev/null
	dm=
	[ -z "$loop" ] || losetup -d "$loop" 2>/dev/null
	[ -z "$loop2" ] || losetup -d "$loop2" 2>/dev/null
	loop='' loop2='' swap_bytes=0
	rm -f "$dir/tmpfs"/*
}
cleanup() {
	release
	umount "$dir/tmpfs"
	rm -rf "$dir"
}
trap cleanup EXIT

pass() { echo "PASS $label$*"; }
fail() {
	echo "FAIL $label$*: $(tail -n 2 "$dir/err")"
	failed=1
}
skip() { echo "SKIP $label$*"; }
# Of everything but holes, which are most of it: the lab's processor is slow. Active swap is the kernel's to write:
# its few pages are left out.
sum() {
	if [ "$swap_bytes" -gt 0 ]; then
		tail -c +$((swap_bytes + 1)) "$dir/tmpfs/disk" | sha256sum
	else
		tar --sparse --hole-detection=raw --mtime=@0 -C "$dir/tmpfs" -cf - . | sha256sum
	fi
}
swap_bytes=0

attempt() { # LEVEL DISK WRITE(0|1) [OPTIONS]: tries to use the disk
	local level=$1 disk=$2 write=$3 options=() consent=null
	shift 3
	[ "$write" = 0 ] || options=(--profile mixed-70-30-4k --erase "$serial")
	[ "$write" = 0 ] || consent="\"$serial\""
	case $level in
	host) "$pb" run --attach virtio-blk --disk "$disk" --depth 1 --duration 500ms "${options[@]}" "$@" -o "$dir/r" ;;
	run) "$pb" run --guest local --disk "$disk" --depth 1 --duration 500ms "${options[@]}" "$@" -o "$dir/r" ;;
	verify) "$pb" verify --guest local --disk "$disk" --size 1M --passes 1 --erase "$serial" "$@" -o "$dir/r" ;;
	agent)
		printf '{"id":1,"request":"start","job":"%s","disk":{"path":"%s"},"iodepth_max":1,"depth":1,"write_serial":%s,"interval_ms":100}\n' \
			"[j]\\\\nrw=randrw\\\\nioengine=\${PASSBENCH_ENGINE}\\\\npage=\${PASSBENCH_PAGE}\\\\nfilename=\${PASSBENCH_DISK}\\\\nthread=1" \
			"$(realpath "$disk")" "$consent" | sed 's/\\\\n/\\n/g' | "$build/passbench-agent" --stdio >"$dir/answer" 2>&1
		grep -q '"ok": *true' "$dir/answer" && return 0
		tail -n 1 "$dir/answer" >&2
		return "$(sed -n 's/.*"status": *\([0-9]\).*/\1/p' "$dir/answer" | tail -n 1)"
		;;
	engine)
		fio --name=j "--ioengine=external:$build/passthru.so" --filename="$disk" --direct=1 --thread=1 --iodepth=4 --allow_mounted_write=1 \
			"--rw=$([ "$write" = 0 ] && echo randread || echo randwrite)" --bs=4k --io_size=64k --size=1M ||
			return 3
		;;
	esac
}

# refuses KIND DISK WRITE WORDS LEVEL...: refused at every level, nothing changed
refuses() {
	local kind=$1 disk=$2 write=$3 words=$4 level before status
	shift 4
	for level in "$@"; do
		if [ "$level" = host ] && ! { [ -r /dev/kvm ] && [ -w /dev/kvm ]; }; then
			skip "$kind ($level): no /dev/kvm here"
			continue
		fi
		rm -rf "$dir/r"
		before=$(sum)
		attempt "$level" "$disk" "$write" "${over[@]}" >"$dir/out" 2>"$dir/err" </dev/null
		status=$?
		if [ "$status" -ne 3 ]; then
			fail "$kind ($level): status $status"
		elif [ "$before" != "$(sum)" ]; then
			fail "$kind ($level): the disk was changed"
		elif ! grep -qi -- "$([ "$level" = engine ] && echo 'in use\|read-only' || echo "$words")" "$dir/err"; then
			fail "$kind ($level): does not say '$words'"
		else
			pass "$kind ($level)"
		fi
	done
}
over=()
everywhere=(host run verify agent engine)
before_io=(host run verify agent) # what is written on a disk is not the engine's business

need() { # KIND PROGRAM MODULE: the reason, when it cannot be had here
	if ! command -v "$2" >/dev/null; then
		skip "$1: $2 is not installed"
		return 1
	fi
	[ -z "$3" ] || [ -d "/sys/module/$3" ] || grep -qw "$3" /proc/filesystems || modprobe -q "$3" && return 0
	skip "$1: this kernel has no $3"
	return 1
}
lvm_() {
	local what=$1
	shift
	"$what" --config "activation{udev_sync=0 udev_rules=0 monitoring=0} backup{backup=0 archive=0} devices{use_devicesfile=0 obtain_device_list_from_udev=0 external_device_info_source=\"none\" filter=[\"a|^$loop\$|\",\"r|.*|\"]} global{event_activation=0}" "$@"
}

# One primary partition over everything from 1 MiB on.
partition() {
	printf '\0\0\0\0\203\0\0\0\0\010\0\0\0\360\003\0' | dd of="$dir/tmpfs/disk" bs=1 seek=446 conv=notrunc status=none
	printf '\125\252' | dd of="$dir/tmpfs/disk" bs=1 seek=510 conv=notrunc status=none
	blockdev --rereadpt "$loop" 2>/dev/null
	[ -b "${loop}p1" ] && return
	[ -e "/sys/class/block/${serial}p1/dev" ] || return 1
	mknod "${loop}p1" b "$(cut -d: -f1 "/sys/class/block/${serial}p1/dev")" "$(cut -d: -f2 "/sys/class/block/${serial}p1/dev")"
}

kind_mounted_partition() {
	if ! partition; then
		skip "mounted partition: loop devices here have no partitions"
		return
	fi
	mkfs.ext4 -q "${loop}p1" && mount -o ro,noload "${loop}p1" "$dir/mnt" || return
	refuses "mounted partition" "$loop" 1 "mounted at" "${everywhere[@]}"
	refuses "mounted partition, reading" "$loop" 0 "mounted at" host run agent engine
	umount "$dir/mnt"
	refuses "partition table" "$loop" 1 "signature" "${before_io[@]}"
}

kind_mounted_disk() {
	mkfs.ext4 -q "$loop"
	refuses "file system that is not mounted" "$loop" 1 "ext4" "${before_io[@]}"
	over=(--overwrite-signature xfs)
	refuses "another signature is named" "$loop" 1 "ext4" host run verify
	mount -o ro,noload "$loop" "$dir/mnt"
	over=(--overwrite-signature ext4)
	refuses "named signature, but mounted" "$loop" 1 "mounted at" host run verify
	over=()
	mkdir -p /dev/disk/by-id
	alias_=/dev/disk/by-id/passbench-test-$$
	ln -s "../../$serial" "$alias_"
	refuses "by-id alias of a mounted disk" "$alias_" 1 "mounted at" "${everywhere[@]}"
	umount "$dir/mnt"
	rm -rf "$dir/r"
	if attempt verify "$loop" 1 --overwrite-signature ext4 >"$dir/out" 2>"$dir/err" </dev/null; then
		pass "named signature is overwritten"
	else
		fail "named signature is overwritten"
	fi
}

kind_boot() {
	mkfs.ext4 -q "$loop"
	mkdir -p /boot
	# a mount of /boot in a namespace of its own: the machine's is left alone
	export -f attempt refuses sum fail pass skip
	unshare -m bash -c "mount -o ro,noload $loop /boot || exit 1
		swap_bytes=0 dir=$dir build=$build pb=$pb serial=$serial label='$label' failed=0 over=()
		refuses 'boot disk' $loop 1 'boot disk' host run verify agent engine; exit \$failed" || failed=1
}

# Reading only, and no checksum: this disk is alive.
kind_root() {
	local source name parent levels=(host run agent engine)

	source=$(findmnt -n -o SOURCE /)
	if [ ! -b "$source" ]; then
		skip "root disk: / is on '$source' here"
		return
	fi
	if ! (: <"$source") 2>/dev/null; then
		skip "root disk (engine): $source cannot be opened here"
		levels=(host run agent)
	fi
	name=$(basename "$(realpath "$source")")
	parent=$(basename "$(dirname "$(realpath "/sys/class/block/$name")")")
	[ "$parent" = block ] || name=$parent
	refuses "root disk" "/dev/$name" 0 "root file system" "${levels[@]}"
}

kind_swap() {
	mkswap "$loop" 64 >/dev/null 2>&1
	refuses "swap that is off" "$loop" 1 "swap" "${before_io[@]}"
	if ! swapon "$loop" 2>"$dir/err"; then
		skip "swap: $(tail -n 1 "$dir/err")"
		return
	fi
	swap_bytes=65536
	refuses "swap" "$loop" 1 "swap" "${everywhere[@]}"
	refuses "swap, reading" "$loop" 0 "swap" host run agent engine
}

kind_lvm() {
	need "LVM physical volume" pvcreate "" || return
	lvm_ pvcreate -q -y "$loop" >"$dir/err" 2>&1 || { fail "pvcreate" && return; }
	refuses "LVM physical volume" "$loop" 1 "LVM2_member" "${before_io[@]}"
}

kind_lvm_active() {
	need "LVM volume in use" vgcreate dm_mod || return
	lv=x
	{ lvm_ vgcreate -q "$vg" "$loop" && lvm_ lvcreate -q -y -Wn -Zn -L 16M -n data "$vg"; } >"$dir/err" 2>&1 || { fail "vgcreate" && return; }
	refuses "LVM volume in use" "$loop" 1 "is part of" "${everywhere[@]}"
}

kind_dm() {
	need "device-mapper target" dmsetup dm_mod || return
	dm=pbdm$$
	echo "0 8192 linear $loop 0" | dmsetup create --noudevsync "$dm" 2>"$dir/err" || { fail "dmsetup create" && return; }
	refuses "device-mapper target" "$loop" 1 "is part of" "${everywhere[@]}"
}

kind_md() {
	need "MD member" mdadm md_mod && need "MD member" mdadm raid1 || return
	loop2=$(make_loop disk2)
	md=/dev/md/pb$$
	yes | mdadm --create "$md" --run --level=1 --raid-devices=2 --metadata=1.2 --assume-clean "$loop" "$loop2" >"$dir/err" 2>&1 ||
		{ fail "mdadm --create" && return; }
	mdadm --readonly "$md" >/dev/null 2>&1
	refuses "MD member of a running array" "$loop" 1 "is part of" "${everywhere[@]}"
	mdadm --stop "$md" >/dev/null 2>&1
	refuses "MD member" "$loop" 1 "linux_raid_member" "${before_io[@]}"
}

kind_luks() {
	if ! echo x | cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 "$loop" >/dev/null 2>&1; then
		printf 'LUKS\272\276\0\001aes' | dd of="$dir/tmpfs/disk" conv=notrunc status=none # what libblkid looks for
		blockdev --flushbufs "$loop"
	fi
	refuses "LUKS header" "$loop" 1 "crypto_LUKS" "${before_io[@]}"
}

kind_crypt() {
	need "dm-crypt" cryptsetup dm_crypt || return
	echo x | cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 "$loop" >"$dir/err" 2>&1 || { fail "luksFormat" && return; }
	crypt=pbcrypt$$
	echo x | DM_DISABLE_UDEV=1 cryptsetup open "$loop" "$crypt" >"$dir/err" 2>&1 || { fail "cryptsetup open" && return; }
	refuses "dm-crypt in use" "$loop" 1 "is part of" "${everywhere[@]}"
}

# Uberblocks of a first label: 64-bit magic 0x00bab10c every KiB from 128 KiB on.
kind_zfs() {
	local k

	for k in 128 129 130 131 132 133; do
		printf '\014\261\272\0\0\0\0\0' | dd of="$dir/tmpfs/disk" bs=1024 seek="$k" conv=notrunc status=none
	done
	blockdev --flushbufs "$loop"
	refuses "ZFS label" "$loop" 1 "zfs_member" "${before_io[@]}"
}

kind_btrfs() {
	need "btrfs" mkfs.btrfs btrfs || return
	loop2=$(make_loop disk2)
	mkfs.btrfs -q -f -m raid1 -d raid1 "$loop2" "$loop" >"$dir/err" 2>&1 || { fail "mkfs.btrfs" && return; }
	refuses "btrfs member" "$loop" 1 "btrfs" "${before_io[@]}"
	btrfs device scan "$loop" "$loop2" >/dev/null 2>&1
	if ! mount -t btrfs -o ro "$loop2" "$dir/mnt" 2>"$dir/err"; then
		skip "btrfs member of a mounted file system: $(tail -n 1 "$dir/err")"
		return
	fi
	# mountinfo names one device only: this is the other one
	refuses "btrfs member of a mounted file system" "$loop" 1 "mounted\|exclusively" "${everywhere[@]}"
	refuses "btrfs member of a mounted file system, reading" "$loop" 0 "mounted\|exclusively" host run agent engine
}

kind_opener() {
	perl -e 'use Fcntl; sysopen(F, $ARGV[0], O_RDONLY | O_EXCL) or die; print "open\n"; $| = 1; print "\n"; sleep 600' "$loop" >"$dir/opened" &
	opener=$!
	for _ in $(seq 100); do
		[ -s "$dir/opened" ] && break
		sleep 0.05
	done
	refuses "exclusive opener" "$loop" 1 "exclusively" "${everywhere[@]}"
	refuses "exclusive opener, reading" "$loop" 0 "exclusively" host run agent engine
}

kind_loop() {
	upper=$(losetup --show --find "$loop")
	# the kernel lets others open what is behind a loop device: only /sys tells
	refuses "loop in use" "$loop" 1 "is behind" "${before_io[@]}"
	refuses "loop in use, reading" "$loop" 0 "is behind" host run agent
}

kind_serial() {
	serial=WRONG
	refuses "wrong serial" "$loop" 1 "serial" "${before_io[@]}"
}

kind_readonly() {
	blockdev --setro "$loop"
	refuses "read-only disk" "$loop" 1 "read-only" "${everywhere[@]}"
	blockdev --setrw "$loop"
}

[ $# -gt 0 ] || set -- mounted_partition mounted_disk boot root swap lvm lvm_active dm md luks crypt zfs btrfs opener loop serial readonly
for kind in "$@"; do
	fresh
	"kind_$kind"
done
exit $failed
