#!/bin/bash
# docs/encryption-cost.sh with a passbench and a cryptsetup that only note how they were called.
set -u
cd "$(dirname "$0")/../.." || exit 2
script=$PWD/docs/encryption-cost.sh
dir=$(mktemp -d /tmp/passbench-crypt-XXXXXX)
trap 'rm -rf "$dir"' EXIT
failed=0
verdict() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "PASS encryption-cost/$1"
	else
		echo "FAIL encryption-cost/$1"
		failed=1
	fi
}
cat >"$dir/cryptsetup" <<END
#!/bin/bash
echo "cryptsetup \$*" >>"$dir/calls"
[ "\$1" != open ] || [ ! -e "$dir/no-key" ]
END
cat >"$dir/passbench" <<END
#!/bin/bash
echo "passbench \$*" >>"$dir/calls"
if [ "\$1" = compare ]; then
	exit "\$(cat "$dir/verdict")"
fi
while [ "\$1" != -o ]; do shift; done
mkdir -p "\$2" && echo '"state": "complete"' >"\$2/manifest.json"
exit "\$(cat "$dir/run" 2>/dev/null || echo 0)"
END
chmod +x "$dir/cryptsetup" "$dir/passbench"
echo key >"$dir/key"
touch "$dir/disk"
measure() {
	rm -rf "$dir/results" "$dir/calls"
	PATH=$dir:$PATH "$script" "$dir/disk" "$dir/key" "$dir/results" "$@" 2>"$dir/err"
}

echo 0 >"$dir/verdict"
measure --depth 8
verdict runs $?
m=$(sed -n 's/^cryptsetup close //p' "$dir/calls" | sort -u)
head -n 7 "$dir/calls" | diff - <(
	crypt() {
		echo "cryptsetup open --readonly --key-file $dir/key $dir/disk $m"
		echo "passbench run --depth 8 -o $dir/results/new/$1 --disk /dev/mapper/$m --guest local"
		echo "cryptsetup close $m"
	}
	echo "passbench run --depth 8 -o $dir/results/base/1 --disk $dir/disk --guest local"
	crypt 1
	crypt 2
)
verdict opened-and-closed-in-turns $?
[ "$(grep -c '^passbench run' "$dir/calls")" -eq 16 ] && [ "$(grep -c '^cryptsetup open' "$dir/calls")" -eq 8 ] &&
	[ "$(grep -c '^cryptsetup close' "$dir/calls")" -eq 8 ]
verdict eight-of-each $?
[ "$(tail -n 1 "$dir/calls")" = "passbench compare $dir/results/base $dir/results/new --markdown $dir/results/summary.md" ]
verdict compared $?
echo 1 >"$dir/verdict"
measure
verdict slower-is-what-was-asked $?
grep -q '^passbench run --depth 1,32 --duration 5s -o ' "$dir/calls"
verdict depths-of-its-own $?
echo 4 >"$dir/verdict"
measure
[ $? -eq 4 ]
verdict cannot-be-compared $?
touch "$dir/no-key"
measure
[ $? -eq 5 ] && ! grep -q ' compare ' "$dir/calls" && ! grep -q 'mapper/.*guest' "$dir/calls"
verdict wrong-key-ends-it $?
rm "$dir/no-key"
echo 3 >"$dir/run"
measure
[ $? -eq 3 ] && [ "$(grep -c '^passbench run' "$dir/calls")" -eq 1 ]
verdict a-refused-disk-ends-it $?
exit $failed
