#!/bin/bash
# A machine of the lab that breaks: a program that plays QEMU ends in all the ways the real one does. Prints PASS/FAIL lines.
# $B: build folder. Skipped where `make deps` has not filled the cache (the machine's first files are made from it).
set -u
cd "$(dirname "$0")/../.." || exit 2
pb=$(realpath "${B:-build}")/passbench
cache=${CACHE:-/var/cache/passbench}
[ -d "$cache/linux-6.12" ] || exit 77
dir=$(mktemp -d /tmp/passbench-again-XXXXXX)
trap 'rm -rf "$dir"' EXIT
failed=0

check() { # text, then a command
	local text=$1
	shift
	if "$@"; then
		echo "PASS lab-again/$text"
	else
		echo "FAIL lab-again/$text: $(tail -n 3 "$dir/err")"
		failed=1
	fi
}

# The player takes its part from the first line of $dir/parts and counts itself in $dir/starts.
mkdir -p "$dir/cache/qemu-10/usr/bin"
ln -s "$cache/linux-6.12" "$dir/cache/linux-6.12"
cat >"$dir/cache/qemu-10/usr/bin/qemu-system-x86_64" <<-END
	#!/bin/bash
	echo x >>$dir/starts
	share=\$(printf '%s\n' "\$@" | grep -o 'path=[^,]*/share,' | cut -d= -f2)
	share=\${share%,}
	part=\$(head -n 1 $dir/parts)
	sed -i 1d $dir/parts
	echo "console of \$part" >"\${share%/share}/console.log"
	[ "\$part" = unbooted ] && exit 0
	echo up >"\$share/booted"
	case \$part in
	crash) kill -SEGV \$\$ ;;
	error) echo "assertion failed" >&2; exit 3 ;;
	reset) exit 0 ;;
	hang) # says what it waits for when it is asked
		until [ -e "\$share/tell" ]; do sleep 0.2; done
		echo "17 sleep for ever" >"\$share/tasks"
		exec sleep 60 ;;
	seven) echo 7 >"\$share/status" ;;
	esac
END
chmod 755 "$dir/cache/qemu-10/usr/bin/qemu-system-x86_64"

lab() { # OPTIONS -- PARTS...: status of the lab
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	printf '%s\n' "$@" >"$dir/parts"
	: >"$dir/starts"
	PASSBENCH_CACHE=$dir/cache "$pb" lab run "${options[@]}" -- true >"$dir/out" 2>"$dir/err" </dev/null
}
status_is() { [ "$status" -eq "$1" ]; }
starts_are() { [ "$(wc -l <"$dir/starts")" -eq "$1" ]; }
says() { grep -qF "$1" "$dir/err"; }

lab -- seven
status=$?
check "the command's status is the lab's" status_is 7

lab --again -- crash reset seven
status=$?
check "a machine that breaks twice is started anew" status_is 7
check "and no more often" starts_are 3
check "and why is said" says "ended before the command did (QEMU was ended by signal 11); the end of"
check "an end without a reason, too" says "QEMU's exit status: 0, so the machine reset itself or switched itself off"

lab --again -- error error error seven
status=$?
check "three times is the end" status_is 5
check "after three starts" starts_are 3
check "with QEMU's status" says "QEMU's exit status: 3"
check "with its own last words" says "assertion failed"
check "with the machine's last words" says "console of error"

lab -- crash seven
status=$?
check "without --again the first is the end" status_is 5
check "after one start" starts_are 1

lab --again -- unbooted unbooted unbooted seven
status=$?
check "a machine that does not come up is no reason to start the command anew" status_is 5
check "after three boots" starts_are 3
check "and it is said" says "did not come up"

lab --again --silent 10 -- hang seven
status=$?
check "a command that is silent for too long is started anew" status_is 7
check "after two starts" starts_are 2
check "what it waits for is said" says "17 sleep for ever"
check "and that it hangs" says "the command in the lab has said nothing for 10 s: it hangs: starting anew"

lab --silent 10 -- hang seven
status=$?
check "without --again that is its end" status_is 5

for wrong in 9 -1 x 10x "" 86401; do
	lab --silent "$wrong" -- seven
	status=$?
	check "--silent '$wrong' is refused" status_is 2
	check "before anything starts" starts_are 0
done
exit $failed
