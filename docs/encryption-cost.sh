#!/bin/bash
# What encryption costs: the same disk plain and through dm-crypt, measured in turns on the host itself, reading only.
# LUKS keeps a disk for itself while it is open, and passbench measures no disk that is in use; so the mapping is
# opened for each of its runs, read-only, and closed again.
#
# usage: encryption-cost.sh DISK KEYFILE RESULTS [RUN_OPTIONS...]
#        DISK: /dev/..., LUKS-formatted, closed. RUN_OPTIONS: of passbench run (--depth 1,32 --duration 5s)
# Settings from the environment: PASSBENCH (the program), PAIRS (8 runs of each)
# Makes RESULTS/base (plain), RESULTS/new (encrypted) and RESULTS/summary.md: throughput, latency and host CPU per I/O
# with the intervals of their ratios. Exit status: 0, or that of the run that failed.
set -u
if [ $# -lt 3 ]; then
	echo "usage: encryption-cost.sh DISK KEYFILE RESULTS [RUN_OPTIONS...]" >&2
	exit 2
fi
disk=$(realpath "$1") && key=$(realpath "$2") && mkdir -p "$3" && results=$(realpath "$3") || exit 2
shift 3
[ $# -gt 0 ] || set -- --depth 1,32 --duration 5s
here=$(dirname "$(realpath "$0")")
export PASSBENCH=${PASSBENCH:-passbench} DISK=$disk KEY=$key MAPPING=passbench-$$
work=$(mktemp -d) || exit 5
finish() {
	rm -rf "$work"
	[ ! -e "/dev/mapper/$MAPPING" ] || cryptsetup close "$MAPPING"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# called as passbench is: run OPTIONS... -o DIR
cat >"$work/plain" <<'END'
#!/bin/bash
exec "$PASSBENCH" "$@" --disk "$DISK" --guest local
END
cat >"$work/crypt" <<'END'
#!/bin/bash
cryptsetup open --readonly --key-file "$KEY" "$DISK" "$MAPPING" || exit 5
"$PASSBENCH" "$@" --disk "/dev/mapper/$MAPPING" --guest local
status=$?
cryptsetup close "$MAPPING" || exit 5
exit $status
END
chmod +x "$work/plain" "$work/crypt"
"$here/ci/interleave.sh" "${PAIRS:-8}" "$results" "$work/plain" "$work/crypt" "$@" || exit $?
# what encryption costs is no regression: only that it cannot be compared is a failure
"$PASSBENCH" compare "$results/base" "$results/new" --markdown "$results/summary.md"
status=$?
[ $status -eq 1 ] || exit $status
