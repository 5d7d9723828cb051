#!/bin/bash
# The scripts and files of docs/ci with a passbench that only notes how it was called; and that the real one has every
# command and option they name.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "${B:-build}")
ci=$PWD/docs/ci
dir=$(mktemp -d /tmp/passbench-ci-XXXXXX)
trap 'rm -rf "$dir"' EXIT
failed=0
verdict() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "PASS ci-example/$1"
	else
		echo "FAIL ci-example/$1"
		failed=1
	fi
}

# base and new note their calls in $dir/calls; a run makes a complete directory. $dir/fail-ARM-N: the status of a run.
for arm in base new; do
	mkdir "$dir/$arm"
	cat >"$dir/$arm/passbench" <<-END
		#!/bin/bash
		echo "$arm \$*" >>$dir/calls
		case \$1 in
		run)
			out=\${*: -1}
			if [ -e "$dir/fail-$arm-\${out##*/}" ]; then
				status=\$(cat "$dir/fail-$arm-\${out##*/}")
				rm "$dir/fail-$arm-\${out##*/}"
				[ "\$status" -eq 4 ] || exit "\$status"
			fi
			mkdir -p "\$out"
			echo '  "state": "complete"' >"\$out/manifest.json"
			exit "\${status:-0}"
			;;
		lab)
			while [ "\$1" != -- ]; do shift; done
			shift
			exec "\$@"
			;;
		compare) exit "\$(cat "$dir/verdict" 2>/dev/null || echo 0)" ;;
		esac
	END
	chmod +x "$dir/$arm/passbench"
done
start() { rm -rf "$dir/results" "$dir/calls" "$dir"/fail-* "$dir/verdict"; }
interleave() { "$ci/interleave.sh" "$1" "$dir/results" "$dir/base/passbench" "$dir/new/passbench" --disk D --depth 16; }
gate() { "$ci/gate.sh" "$dir/base/passbench" "$dir/new/passbench" "$dir/results"; }
arms() { cut -d' ' -f1 "$dir/calls" | tr '\n' ' '; }

start
interleave 6
verdict runs $?
[ "$(arms)" = "base new new base base new new base base new new base " ]
verdict in-turns $?
[ "$(head -n 1 "$dir/calls")" = "base run --disk D --depth 16 -o $dir/results/base/1" ]
verdict with-the-options $?
interleave 6 && [ "$(wc -l <"$dir/calls")" -eq 12 ]
verdict what-is-complete-stays $?

start
echo 5 >"$dir/fail-new-3"
interleave 6
[ $? -eq 5 ] && [ "$(wc -l <"$dir/calls")" -eq 6 ]
verdict a-failed-run-ends-it $?
interleave 6 && [ "$(wc -l <"$dir/calls")" -eq 13 ]
verdict and-it-goes-on-there $?

start
echo 4 >"$dir/fail-base-2"
interleave 6 2>"$dir/err" && [ "$(grep -c 'base/2$' "$dir/calls")" -eq 2 ] && [ "$(wc -l <"$dir/err")" -eq 1 ]
verdict not-valid-is-repeated $?
start
echo 4 >"$dir/fail-base-2"
(REPEATS=0 interleave 6)
[ $? -eq 4 ]
verdict but-not-for-ever $?
start
for n in 5 0 x ''; do
	interleave "$n" 2>>"$dir/err"
	[ $? -eq 2 ] || verdict "refuses '$n' pairs" 1
done
[ ! -e "$dir/results" ]
verdict too-few-pairs-are-refused $?

start
(DISK=0000:3b:00.0 RUN_OPTIONS='--depth 1,16 --profile randread-4k' gate)
verdict gate $?
grep -qx "base run --disk 0000:3b:00.0 --depth 1,16 --profile randread-4k -o $dir/results/base/1" "$dir/calls"
verdict gate-measures-the-disk $?
[ "$(tail -n 1 "$dir/calls")" = "new compare $dir/results/base $dir/results/new --min-effect 5% --junit $dir/results/junit.xml --markdown $dir/results/summary.md" ]
verdict gate-compares $?
! grep -q ' lab \| history ' "$dir/calls"
verdict gate-needs-no-lab-for-a-disk $?

start
echo 1 >"$dir/verdict"
(unset DISK && SCENARIO=virtio HISTORY=$dir/h.db LABEL='a commit' gate)
[ $? -eq 1 ]
verdict gate-ends-as-compare-does $?
head -n 1 "$dir/calls" | grep -q "^new lab run --scenario virtio --again --out $dir/results -- $ci/interleave.sh 8 "
verdict gate-runs-on-the-lab $?
grep -q "^base run --disk 0000:00:10.0 --guest launch:.* -o $dir/results/base/8$" "$dir/calls"
verdict gate-measures-in-the-lab $?
[ "$(tail -n 1 "$dir/calls")" = "new history add --db $dir/h.db --label a commit$(printf " $dir/results/new/%d" 1 2 3 4 5 6 7 8)" ]
verdict gate-keeps-history $?
start
echo 5 >"$dir/fail-new-1"
(DISK=d HISTORY=$dir/h.db gate)
[ $? -eq 5 ] && ! grep -q ' compare \| history ' "$dir/calls"
verdict gate-compares-no-half $?

# every option that scripts, files and docs/ci.md give to a command of passbench
options() { # COMMAND: those on lines (joined where they end in \) that call it
	sed -e ':a' -e '/\\$/N' -e 's/\\\n//' -e ta docs/ci/*.sh docs/ci/*.yml docs/ci.md |
		grep -E "(passbench|\"\\\$new\"|\"\\\$passbench\") ?\"? $1( |$)" | sed 's/ -- .*//' | grep -oE ' --[a-z][a-z-]*' | sort -u
}
for command in "lab run" compare "history add"; do
	# shellcheck disable=SC2086 # two words are two
	"$B/passbench" $command --help >"$dir/help" 2>&1 || verdict "no-command-$command" 1
	for option in $(options "$command"); do
		grep -qE "^ *$option( |$)" "$dir/help" || verdict "$command-has-no-$option" 1
	done
	[ -n "$(options "$command")" ]
	verdict "options-of-${command// /-}" $?
done
# what the scripts put behind "run" themselves, and RUN_OPTIONS of the files
for option in disk guest depth duration; do
	"$B/passbench" run --help | grep -q -- "--$option " || verdict "run-has-no---$option" 1
done
# the lab's disk and guest are those of its table
"$B/passbench" lab list | grep -q '^default '
verdict the-lab-has-the-scenario $?

if python3 -c 'import yaml' 2>/dev/null; then
	for file in docs/ci/*.yml; do
		python3 -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1]))' "$file"
		verdict "$(basename "$file")-is-yaml" $?
	done
else
	echo "SKIP ci-example/yaml: no YAML parser here"
fi
# what the files call is there
for file in $(grep -ohE 'docs/ci/[a-z]+\.sh' docs/ci/*.yml | sort -u); do
	[ -x "$file" ]
	verdict "$file" $?
done
exit $failed
