#!/bin/bash
# An existing guest over ssh: a sshd in a network namespace of its own plays the guest. Install, check, run on a
# loop device, refuse, fail in every usual way, remove. Prints PASS/FAIL lines. $B: build folder.
# Needs root, network namespaces and a loop device; the sshd is unpacked into the cache, never installed.
# shellcheck disable=SC2317,SC2015 # functions called by name; skip ends the script
set -u
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath "${B:-build}")
pb=$build/passbench
cache=${CACHE:-/var/cache/passbench}
skip() {
	echo "SKIP ssh: $*"
	exit 77
}
[ "$(id -u)" -eq 0 ] || skip "not root"
bash engine/lab/deps.sh sshd "$cache" || skip "no sshd"
dir=$(mktemp -d /tmp/passbench-ssh-XXXXXX)
ns=pbssh$$
failed=0
cleanup() {
	[ -z "${server:-}" ] || kill "$server" 2>/dev/null
	ip netns del "$ns" 2>/dev/null
	[ -z "${loop:-}" ] || losetup -d "$loop" 2>/dev/null
	umount "$dir/tmpfs" "$dir/small" 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT
mkdir "$dir/home" "$dir/tmpfs" "$dir/small"
mount -t tmpfs -o size=80m tmpfs "$dir/tmpfs" && mount -t tmpfs -o size=512k tmpfs "$dir/small" || skip "no tmpfs"
truncate -s 64M "$dir/tmpfs/disk"
loop=$(losetup --show -f "$dir/tmpfs/disk") || skip "no loop device"
ip netns add "$ns" 2>/dev/null && ip link add pbs$$a type veth peer name pbs$$b netns "$ns" || skip "no network namespaces"
net=10.$((200 + $$ % 50)).$((RANDOM % 250))
ip addr add $net.1/24 dev pbs$$a && ip link set pbs$$a up
ip -n $ns addr add $net.2/24 dev pbs$$b && ip -n $ns link set pbs$$b up && ip -n $ns link set lo up

# The "guest": its own users, home and keys.
ssh-keygen -q -t ed25519 -N '' -f "$dir/key" && ssh-keygen -q -t ed25519 -N '' -f "$dir/host" && ssh-keygen -q -t ed25519 -N '' -f "$dir/other"
printf 'root:x:0:0::%s:/bin/bash\nsshd:x:110:65534::/run/sshd:/usr/sbin/nologin\n' "$dir/home" >"$dir/passwd"
printf 'root:*:19000:0:99999:7:::\n' >"$dir/shadow"
cat >"$dir/sshd_config" <<-END
	ListenAddress $net.2:2222
	HostKey $dir/host
	AuthorizedKeysFile $dir/key.pub
	StrictModes no
	UsePAM no
	PidFile none
	PermitRootLogin prohibit-password
END
libs=$cache/sshd/usr/lib/x86_64-linux-gnu:$cache/sshd/lib/x86_64-linux-gnu
LD_LIBRARY_PATH=$libs ip netns exec $ns unshare -m bash -c "mount -t tmpfs run /run && mkdir /run/sshd && mount --bind $dir/passwd /etc/passwd &&
	mount --bind $dir/shadow /etc/shadow && exec $cache/sshd/usr/sbin/sshd -D -e -f $dir/sshd_config" 2>"$dir/sshd.log" &
server=$!
config() { # known_hosts key -> file
	printf 'Host *\n UserKnownHostsFile %s\n GlobalKnownHostsFile none\n IdentityFile %s\n IdentitiesOnly yes\n IdentityAgent none\n' "$1" "$2"
}
printf '[%s.2]:2222 %s\n' $net "$(cut -d' ' -f1,2 "$dir/host.pub")" >"$dir/known"
printf '[%s.2]:2222 %s\n' $net "$(cut -d' ' -f1,2 "$dir/other.pub")" >"$dir/wrong"
config "$dir/known" "$dir/key" >"$dir/config"
config "$dir/wrong" "$dir/key" >"$dir/config.wrong"
config /dev/null "$dir/key" >"$dir/config.unknown"
config "$dir/known" "$dir/other" >"$dir/config.refused"
where=root@$net.2:2222
guest=ssh:$where,config=$dir/config
for _ in $(seq 100); do
	grep -q listening "$dir/sshd.log" && break
	sleep 0.1
done
grep -q listening "$dir/sshd.log" || skip "sshd does not start: $(tail -n 1 "$dir/sshd.log")"

check() { # text, then a command
	local text=$1
	shift
	if "$@"; then
		echo "PASS $text"
	else
		echo "FAIL $text"
		failed=1
	fi
}
# says NAME STATUS WORDS COMMAND...: the status, and one sentence with these words
says() {
	local name=$1 want=$2 words=$3 status
	shift 3
	"$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
	if [ "$status" -eq "$want" ] && [ "$(grep -c '^passbench: ' "$dir/err")" -eq 1 ] && grep '^passbench: ' "$dir/err" | grep -q -- "$words"; then
		echo "PASS $name"
	else
		echo "FAIL $name: status $status, says '$(cat "$dir/err")'"
		failed=1
	fi
}
running() { pgrep -f "^(\.passbench|$dir/home)/"; }
nothing_in() { [ -z "$(ls -A "$1")" ]; }

says "before the installation" 5 "guest install" "$pb" run --guest "$guest" --disk "$loop" -o "$dir/r0"
check "and no run directory is made" test ! -e "$dir/r0"
echo 'uname() { echo aarch64; }' >"$dir/home/.bashrc"
says "a guest with another kind of processor" 5 "kind aarch64" "$pb" guest install "$guest"
echo 'echo Welcome' >"$dir/home/.bashrc"
says "a login shell that talks" 5 "prints text of its own" "$pb" guest install "$guest"
rm "$dir/home/.bashrc"
check "nothing is left of these" nothing_in "$dir/home"
"$pb" guest install "$guest" >"$dir/out" 2>"$dir/err"
check "install" test $? -eq 0
check "it says the agent's version" grep -q 'passbench-agent [0-9]' "$dir/out"
check "it says which fio it uses" grep -q 'it uses fio-.*/\.passbench/fio-static' "$dir/out"
check "the files are private" test "$(stat -c %a "$dir/home/.passbench")" = 700
"$pb" guest install "$guest" >/dev/null 2>&1
check "install again" test $? -eq 0

"$pb" check --guest "$guest" --disk "$loop" >"$dir/out" 2>"$dir/err"
check "check finds agent and disk" test "$(grep -cE '^ok +(guest +agent|disk +identity)' "$dir/out")" = 2
check "check says what can be recorded there" test "$(grep -cE '^(ok +guest +(engine|interrupts|cpu|block) |info +guest +smart +unavailable: not an NVMe disk)' "$dir/out")" = 5
"$pb" run --guest "$guest" --disk "$loop" --depth 1,8 --duration 2s -o "$dir/run" >"$dir/out" 2>"$dir/err"
check "a run over ssh ($(tail -n 1 "$dir/err"))" test $? -eq 0
check "depth 8 is valid" grep -q ',ssh,sweep,0,8,.*,1,' "$dir/run/steps.csv"
check "the guest's counters came over" test -s "$dir/run/guest/ssh/engine.csv"
check "the clock's bound is in the log: $(grep -o 'aligned to .*' "$dir/run/log.txt")" grep -q 'pings over ssh' "$dir/run/log.txt"
check "the manifest names disk and transport" grep -q '"transport": "ssh"' "$dir/run/manifest.json"
sources=$(python3 -c 'import json,sys; print(" ".join("%s=%s" % (s["name"], s["status"]) for s in json.load(open(sys.argv[1]))["guest"]["sources"]))' "$dir/run/manifest.json")
check "every guest source is read over ssh, SMART says why not" [ "$sources" = "engine=ok interrupts=ok cpu=ok block=ok quantiles=ok smart=unavailable: not an NVMe disk" ]
check "the disk's block counters are fetched" grep -q ",$(basename "$loop")," "$dir/run/guest/ssh/block.csv"
"$pb" analyze "$dir/run" >/dev/null 2>"$dir/err"
check "and it can be analyzed" test $? -eq 0
check "nothing runs in the guest any more" test -z "$(running)"

echo 'echo Welcome' >"$dir/home/.bashrc"
says "a login shell that talks before the agent" 5 "must print nothing" "$pb" run --guest "$guest" --disk "$loop" -o "$dir/r1"
rm "$dir/home/.bashrc"
says "a disk that is not there" 2 "$loop" "$pb" run --guest "$guest" --disk nosuch -o "$dir/r1"
says "writing without the serial" 3 "--erase" "$pb" run --guest "$guest" --disk "$loop" --profile mixed-70-30-4k -o "$dir/r1"
if mkswap "$loop" >/dev/null 2>&1 && swapon "$loop" 2>/dev/null; then
	says "a disk in use in the guest" 3 "swap" "$pb" run --guest "$guest" --disk "$loop" -o "$dir/r1"
	swapoff "$loop"
fi
says "--attach" 2 "no --attach" "$pb" run --guest "$guest" --attach vfio --disk "$loop" -o "$dir/r1"
says "another host key than the known one" 5 "host key" "$pb" run --guest "ssh:$where,config=$dir/config.wrong" --disk "$loop" -o "$dir/r1"
says "a host key nobody knows" 5 "not known yet" "$pb" guest install "ssh:$where,config=$dir/config.unknown"
says "a key that is not accepted" 5 "refused the login" "$pb" guest install "ssh:$where,config=$dir/config.refused"
says "a port nobody listens on" 5 "cannot be reached.*refused" "$pb" run --guest "ssh:root@$net.2:2223,config=$dir/config" --disk "$loop" -o "$dir/r1"
says "a name nobody knows" 5 "cannot be reached" "$pb" guest install "ssh:root@no-such-host.invalid,config=$dir/config"
says "no space in the guest" 5 "no space" "$pb" guest install "$guest,dir=$dir/small/pb"
check "of which nothing is left" nothing_in "$dir/small"
check "none of them made a run directory" test ! -e "$dir/r1"

"$pb" run --guest "$guest" --disk "$loop" --depth 1 --duration 60s -o "$dir/int" >/dev/null 2>"$dir/err" </dev/null &
pid=$!
for _ in $(seq 100); do
	grep -q 'fio runs' "$dir/err" && break
	sleep 0.1
done
kill -INT $pid
wait $pid
check "Ctrl-C ends with status 130" test $? -eq 130
check "and ends agent and fio there" test -z "$(running)"
"$pb" run --guest "$guest" --disk "$loop" --depth 1 --duration 60s -o "$dir/r2" >/dev/null 2>"$dir/err" </dev/null &
pid=$!
for _ in $(seq 100); do
	grep -q 'fio runs' "$dir/err" && break
	sleep 0.1
done
check "another run has agent and fio there" test "$(running | wc -l)" -ge 2
kill -9 $pid
wait $pid 2>/dev/null
for _ in $(seq 150); do
	[ -n "$(running)" ] || break
	sleep 0.1
done
check "kill -9 here ends agent and fio there" test -z "$(running)"

"$pb" guest remove "$guest" >"$dir/out" 2>"$dir/err"
check "remove" test $? -eq 0
check "it leaves nothing" nothing_in "$dir/home"
"$pb" guest remove "$guest" >"$dir/out" 2>"$dir/err"
check "remove again says that there was nothing" grep -q 'was not there' "$dir/out"
exit $failed
