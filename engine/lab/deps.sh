#!/bin/bash
# Installs what passbench needs on a Debian 12 machine.
#
#   deps.sh base CACHE STAMP   packages, fio source, QEMU and kernel of the lab
#   deps.sh tools CACHE        checkers for `make check`, and valgrind for `make bench`
#   deps.sh test CACHE         programs that tests put disks in use with, and the browser that reports are looked at in
#   deps.sh sshd CACHE         a ssh server for the test of ssh guests, in CACHE/sshd: unpacked, because
#                              installing the package would start a server on this machine
#
# Debian packages are installed with the machine's own apt. Everything from
# another suite (backports) and every source package is fetched with a private
# apt configuration and unpacked below CACHE: the machine's sources, its QEMU,
# /boot and /lib/modules are left as they are. Apt verifies all downloads.
# Every step is skipped when its result is there.
set -euo pipefail

mode=$1 cache=$2 stamp=${3:-}
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

base_packages=(
	busybox-static dpkg-dev fio gcc gnuplot-nox hwloc-nox kmod libaio-dev
	libarchive-dev libblkid-dev libc6-dev libcmocka-dev libcsv-dev libgsl-dev
	libhwloc-dev libjansson-dev libkmod-dev libmd-dev libpfm4-dev libsqlite3-dev liburing-dev
	pciutils pkg-config xz-utils zlib1g-dev
)
tool_packages=(
	clang clang-format clang-tidy cppcheck gettext libclang-rt-14-dev shellcheck
	universal-ctags valgrind
)
ssh_packages=(iproute2 openssh-client)
sshd_packages=(libwrap0 openssh-server)
test_packages=(btrfs-progs chromium cryptsetup-bin dmsetup fonts-dejavu-core gettext jq lvm2 mdadm)
qemu_packages=(qemu-system-x86 qemu-system-common qemu-system-data seabios)

say() { printf 'deps: %s\n' "$*"; }

die() {
	printf 'deps: %s\n' "$*" >&2
	exit 5
}

# Runs a command with its output in the log; three tries, because mirrors fail now and then.
try() {
	local n

	for n in 1 2 3; do
		"$@" >>"$log" 2>&1 && return 0
		printf '%s\n' "--- try $n failed: $*" >>"$log"
		sleep $((n * 2))
	done
	tail -n 15 "$log" >&2
	die "'$*' failed three times; the whole log is $log"
}

missing_packages() {
	local p

	for p in "$@"; do
		dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || echo "$p"
	done
}

apt_install() {
	local want

	mapfile -t want < <(missing_packages "$@")
	[ ${#want[@]} -eq 0 ] && return
	say "installing ${#want[@]} packages"
	try apt-get -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io \
		install -y --no-install-recommends "${want[@]}"
}

machine_update() {
	[ -n "$(missing_packages "$@")" ] || return 0
	try apt-get -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 -o APT::Update::Error-Mode=any update
}

papt() {
	local tool=$1
	shift
	"$tool" -c "$cache/apt/apt.conf" "$@"
}

# Sources on the same mirrors as the machine's own, whatever format those are
# in, with backports and source packages added. The Debian mirror is the one
# that has bookworm-updates beside bookworm (others name suites the same way).
private_sources() {
	local list site main='' keyring=/usr/share/keyrings/debian-archive-keyring.gpg opt=""

	[ -r "$keyring" ] && opt="[signed-by=$keyring] "
	list=$(apt-get -o Dir::State::Lists="$cache/apt/lists" update --print-uris | tr -d "'" | cut -d ' ' -f 1 |
		sed -n 's,^\(.*\)/dists/\(bookworm[a-z-]*\)/main/binary-amd64/.*,\1 \2,p')
	while read -r site; do
		grep -qxF "$site bookworm-updates" <<<"$list" && main=$site && break
	done < <(sed -n 's/ bookworm$//p' <<<"$list")
	main=${main:-$(sed -n 's/ bookworm$//p' <<<"$list" | head -n 1)}
	[ -n "$main" ] || die "no source of Debian 12 (bookworm, main) among this machine's apt sources"
	printf '%s\n' "deb $opt$main bookworm main" "deb-src $opt$main bookworm main" \
		"deb $opt$main bookworm-backports main"
	sed -n "s,^\(.*\) bookworm-security\$,deb-src $opt\1 bookworm-security main,p" <<<"$list"
}

private_apt() {
	mkdir -p "$cache/apt/lists/partial" "$cache/apt/cache/archives/partial" "$cache/apt/empty"
	private_sources >"$cache/apt/sources.list"
	cat >"$cache/apt/apt.conf" <<-END
		Dir::Etc::sourcelist "$cache/apt/sources.list";
		Dir::Etc::sourceparts "$cache/apt/empty";
		Dir::State::Lists "$cache/apt/lists";
		Dir::Cache "$cache/apt/cache";
		Acquire::Retries "5";
		Acquire::Languages "none";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
		Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
		APT::Sandbox::User "root";
		APT::Update::Post-Invoke-Success "";
		#clear APT::Update::Post-Invoke-Success;
	END
	try papt apt-get -o APT::Update::Error-Mode=any update
}

# The libraries that the lab's QEMU is linked with, by the dependencies of its package.
qemu_libraries() {
	papt apt-cache show --no-all-versions qemu-system-x86/bookworm-backports |
		sed -n 's/^Depends: //p' | tr ',' '\n' | sed 's/^ *//; s/ .*//' | grep '^lib' | sort -u
}

# unpack FOLDER PACKAGE[/SUITE]...: downloads and unpacks into CACHE/FOLDER, whole or not at all.
unpack() {
	local folder=$cache/$1 deb
	shift

	[ -d "$folder" ] && return
	rm -rf "$folder.new" "$folder.deb"
	mkdir -p "$folder.new" "$folder.deb"
	(cd "$folder.deb" && try papt apt-get download "$@")
	for deb in "$folder.deb"/*.deb; do
		dpkg -x "$deb" "$folder.new"
	done
	mv "$folder.new" "$folder"
	rm -rf "$folder.deb"
}

fetch_lab() {
	local kernel

	if [ ! -d "$cache/qemu-10" ]; then
		unpack qemu-10 "${qemu_packages[@]/%//bookworm-backports}"
		say "QEMU of the lab is there"
	fi
	if [ ! -d "$cache/linux-6.12" ]; then
		kernel=$(papt apt-cache depends linux-image-amd64/bookworm-backports |
			sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
		[ -n "$kernel" ] || die "no linux-image-amd64 in backports"
		unpack linux-6.12 "$kernel/bookworm-backports"
		say "kernel of the lab is there ($kernel)"
	fi
}

# What installing the kernel package would have done for its modules.
index_modules() {
	local tree

	for tree in "$cache"/linux-6.12/lib/modules/*; do
		[ -e "$tree/modules.dep.bin" ] || try depmod -b "$cache/linux-6.12" "${tree##*/}"
	done
}

# Source of exactly the installed fio: a plugin of another version would not load.
fetch_fio() {
	local full=$1 version=$2 dir=$cache/fio-$2 work=$cache/fio-src

	[ -e "$dir/fio.h" ] && return
	rm -rf "$work" "$dir"
	mkdir -p "$work"
	(cd "$work" && try papt apt-get source --download-only "fio=$full")
	(cd "$work" && try dpkg-source --no-check -x ./*.dsc src)
	mv "$work/src" "$dir"
	rm -rf "$work"
	say "fio $version source is there"
}

need_root() {
	[ "$(id -u)" -eq 0 ] || die "not root: run 'make deps' as root first"
	grep -q '^VERSION_CODENAME=bookworm' /etc/os-release || die "this is not Debian 12: install the packages of engine/lab/deps.sh by hand"
}

base() {
	local pids=() p full version libs

	say "preparing $cache"
	(
		machine_update "${base_packages[@]}"
		apt_install "${base_packages[@]}"
	) &
	pids+=($!)
	(
		private_apt
		fetch_lab
	) &
	pids+=($!)
	for p in "${pids[@]}"; do
		wait "$p" || exit 5
	done
	mapfile -t libs < <(qemu_libraries)
	apt_install "${libs[@]}"
	index_modules
	full=$(dpkg-query -W -f '${Version}' fio)
	version=$(fio --version | sed 's/^fio-//')
	fetch_fio "$full" "$version"
	if LD_LIBRARY_PATH='' ldd "$cache/qemu-10/usr/bin/qemu-system-x86_64" | grep 'not found' >&2; then
		die "the lab's QEMU lacks libraries"
	fi
	printf 'FIO_VERSION := %s\nFIO_SRC := %s\n' "$version" "$cache/fio-$version" >"$stamp.new"
	mv "$stamp.new" "$stamp"
	say "done in $SECONDS s"
}

fetch_sshd() {
	machine_update "${ssh_packages[@]}"
	apt_install "${ssh_packages[@]}"
	[ -d "$cache/sshd" ] && return
	private_apt
	unpack sshd "${sshd_packages[@]}"
}

need_root
mkdir -p "$cache"
log=$cache/deps.log
exec 9>"$cache/deps.lock"
flock 9
if [ "$mode" = tools ]; then
	machine_update "${tool_packages[@]}"
	apt_install "${tool_packages[@]}"
elif [ "$mode" = test ]; then
	machine_update "${test_packages[@]}"
	apt_install "${test_packages[@]}"
elif [ "$mode" = sshd ]; then
	fetch_sshd
elif [ ! -e "$stamp" ]; then
	: >"$log"
	base
fi
