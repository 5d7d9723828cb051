#!/bin/bash
# A disk that is full while a report is written: the report that was there stays whole, page and charts together, the
# exit status is 5 and the sentence says why. On small file systems of several sizes, so that the page, the charts'
# data and the drawing programs each meet the end of the disk. Exit 77 where no file system can be mounted.
# Usage: test_report_full_disk.sh [PASSBENCH]
set -u
cd "$(dirname "$0")/../.." || exit 2
export PASSBENCH_DATA=$PWD
passbench=$(realpath "${1:-${B:-build}/passbench}")

if [ "${2:-}" != inside ]; then
	[ -x "$passbench" ] || { echo "SKIP unit/report_full_disk: $passbench is not built" && exit 77; }
	command -v gnuplot >/dev/null || { echo "SKIP unit/report_full_disk: no gnuplot" && exit 77; }
	unshare -rm true 2>/dev/null || { echo "SKIP unit/report_full_disk: no user and mount namespaces" && exit 77; }
	exec unshare -rm bash "$0" "$passbench" inside
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
verdict() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "PASS unit/report_full_disk: $1"
	else
		echo "FAIL unit/report_full_disk: $1"
		failed=1
	fi
}

# Everything below report/ as one number.
state() { (cd "$1/report" && find . -type f -print0 | sort -z | xargs -0 sha256sum) | sha256sum; }

cp -r tests/fixtures/run-vfio "$tmp/run"
"$passbench" analyze "$tmp/run" >/dev/null || exit 1
"$passbench" report "$tmp/run" >/dev/null || exit 1
used=$(du -sk "$tmp/run" | cut -f1)
mkdir "$tmp/small"
mount -t tmpfs -o "size=$((used * 3 + 1000))k" none "$tmp/small" || { echo "SKIP unit/report_full_disk: no tmpfs" && exit 77; }
cp -r "$tmp/run" "$tmp/small/"
run=$tmp/small/run
"$passbench" report "$run" --format html >/dev/null || exit 1

# With what is left of the disk, in KiB: nothing, some of the data, some of the drawings, all but the page.
refused=0
for left in 0 4 16 40 80 160 240 320 400 500 600 700 800 900 1000 1200; do
	rm -f "$tmp/small/fill"
	before=$(state "$run")
	free=$(df -k --output=avail "$tmp/small" | tail -1)
	head -c "$(((free - left) * 1024))" /dev/zero >"$tmp/small/fill" 2>/dev/null
	said=$("$passbench" report "$run" --format html 2>&1)
	status=$?
	if [ $status -eq 0 ]; then
		grep -q 'could not be drawn' "$run/report/index.html" && [ "$(grep -c 'could not be drawn' "$run/report/index.html")" -gt \
			"$(grep -c 'could not be drawn' "$tmp/run/report/index.html")" ] && verdict "$left KiB left: a report with fewer charts" 1
		continue
	fi
	refused=$((refused + 1))
	bad=0
	[ $status -eq 5 ] || { bad=1 && echo "    exit status $status"; }
	[[ $said == passbench:*"No space left on device"* && $said != *$'\n'* ]] || { bad=1 && echo "    said: $said"; }
	[ "$before" = "$(state "$run")" ] || { bad=1 && echo "    the old report changed: $(ls "$run/report")"; }
	[ "$bad" -eq 0 ] || verdict "$left KiB left" 1
done
[ $refused -ge 5 ] && [ $failed -eq 0 ]
verdict "$refused sizes of a full disk: the old report is whole" $?

rm -f "$tmp/small/fill"
"$passbench" report "$run" --format html >/dev/null && cmp -s "$run/report/index.html" "$tmp/run/report/index.html"
verdict "with room again the report is written" $?
umount "$tmp/small"
exit $failed
