#!/bin/bash
# A full disk, and a limit on the size of files, while something is written: what was there before stays whole,
# one sentence says what happened, no temporary is left.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "${B:-build}")
if [ "${1:-}" != inside ]; then
	dir=$(mktemp -d /tmp/passbench-full-XXXXXX)
	trap 'rm -rf "$dir"' EXIT
	if ! unshare -rm mount -t tmpfs -o size=4m full "$dir" 2>/dev/null; then
		echo "SKIP full-disk: no private mounts here (unshare -rm)"
		exit 77
	fi
	B=$B DIR=$dir unshare -rm "$0" inside
	exit
fi

# Not below /tmp: a name that sticks to the test's own file system.
mount -t tmpfs -o size=4m full "$DIR" || exit 2
keep=$(mktemp -d)
trap 'rm -rf "$keep"' EXIT
failed=0
verdict() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "PASS full-disk/$1"
	else
		echo "FAIL full-disk/$1"
		failed=1
	fi
}
fill() { dd if=/dev/zero of="$DIR/ballast" bs=4k status=none 2>/dev/null || true; }
# refused NAME SENTENCE COMMAND...: exit status 5, this one sentence, no temporary
refused() { ends 5 "$@"; }
ends() { # STATUS NAME SENTENCE COMMAND...
	local want=$1 name=$2 sentence=$3 status
	shift 3
	"$@" >"$keep/out" 2>"$keep/err"
	status=$?
	[ "$status" -eq "$want" ] && [ "$(wc -l <"$keep/err")" -eq 1 ] && grep -qE "^passbench: $sentence" "$keep/err"
	verdict "$name" $?
	[ "$status" -eq "$want" ] || echo "exit status $status"
	grep -qE "^passbench: $sentence" "$keep/err" || sed 's/^/  said: /' "$keep/err"
	[ -z "$(find "$DIR" -name '*.tmp*')" ]
	verdict "$name-no-temporary" $?
}
unchanged() { # NAME FILE
	cmp -s "$keep/$(basename "$2")" "$2"
	verdict "$1" $?
}

# a run that was analyzed and reported before; marked, because what is written again would be the same
cp -r tests/fixtures/run-vfio "$DIR/run"
"$B/passbench" analyze "$DIR/run" >/dev/null && "$B/passbench" report --format md,json "$DIR/run" >/dev/null || exit 2
for file in findings.json report/report.md report/report.json; do
	echo >>"$DIR/run/$file"
	cp "$DIR/run/$file" "$keep/"
done
fill
refused analyze "cannot write findings.json: No space left on device" "$B/passbench" analyze "$DIR/run"
unchanged old-findings "$DIR/run/findings.json"
refused report-md "cannot write report/report.md: No space left on device" "$B/passbench" report --format md "$DIR/run"
unchanged old-report-md "$DIR/run/report/report.md"
refused report-json "cannot write report/report.json: No space left on device" "$B/passbench" report --format json "$DIR/run"
unchanged old-report-json "$DIR/run/report/report.json"
refused new-run-directory "cannot (make|write) .*: No space left on device" \
	"$B/passbench" collect --only cpu --duration 1s -o "$DIR/new"
refused import "cannot (make|write) .*: No space left on device" \
	"$B/passbench" import tests/fixtures/import/esxtop.csv -o "$DIR/imported"
[ ! -e "$DIR/imported" ] || grep -q '"incomplete"' "$DIR/imported/manifest.json"
verdict no-half-import $?
refused saved-machine "cannot write $DIR/m.tar.xz: No space left on device" "$B/passbench" check --root / --save-machine "$DIR/m.tar.xz"
[ ! -e "$DIR/m.tar.xz" ]
verdict no-half-archive $?

# full while it samples: a second of all counters is more than is left
truncate -s -96k "$DIR/ballast"
refused full-while-sampling "cannot write .*: No space left on device" \
	"$B/passbench" collect --interval 10ms --duration 2s -o "$DIR/half"
[ ! -e "$DIR/half/manifest.json" ] || grep -q '"incomplete"' "$DIR/half/manifest.json"
verdict half-a-run-is-no-run $?
ends 2 half-a-run-is-not-read ".*the run did not finish" "$B/passbench" analyze "$DIR/half"

# as much as one file may have (RLIMIT_FSIZE): the signal that comes with it must not kill
rm -r "$DIR/ballast" "$DIR/half"
limited() { (ulimit -f 4 && exec "$@"); }
refused limit-analyze "cannot write findings.json: File too large" limited "$B/passbench" analyze "$DIR/run"
unchanged limit-old-findings "$DIR/run/findings.json"
refused limit-report "cannot write report/report.md: File too large" limited "$B/passbench" report --format md "$DIR/run"
unchanged limit-old-report "$DIR/run/report/report.md"

# room again: the same commands work
"$B/passbench" analyze "$DIR/run" >/dev/null && "$B/passbench" report --format md,json "$DIR/run" >/dev/null
verdict room-again $?
exit $failed
