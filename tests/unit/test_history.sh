#!/bin/bash
# passbench history as a user sees it: verbs, exit statuses, what is refused, full disks.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build}
dir=$(mktemp -d /tmp/passbench-history-XXXXXX)
trap 'umount "$dir/small" 2>/dev/null; rm -rf "$dir"' EXIT
db=$dir/h.db
run=tests/fixtures/run-vfio
failed=0
verdict() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "PASS history/$1"
	else
		echo "FAIL history/$1"
		sed 's/^/    /' "$dir/out" "$dir/err"
		failed=1
	fi
}

# h STATUS ARGS...: runs history with the database, expects the status; one line on standard error when it fails
h() {
	local want=$1 got
	shift
	"$B/passbench" history "$@" --db "$db" >"$dir/out" 2>"$dir/err"
	got=$?
	[ "$got" -eq "$want" ] || return 1
	[ "$want" -lt 2 ] || [ "$(wc -l <"$dir/err")" -eq 1 ]
}

# Is the output JSON? python3 judges where it is installed.
is_json() {
	if command -v python3 >/dev/null; then
		python3 -c 'import json, sys; json.load(sys.stdin)' <"$dir/out" 2>"$dir/err"
	else
		head -c 1 "$dir/out" | grep -q '[[{]'
	fi
}

h 2 list && grep -q 'history add' "$dir/err"
verdict nothing-there-is-said $?
h 0 add "$run" --label v1 && grep -q 'run 1 of the new series' "$dir/out"
verdict add $?
h 0 add "$run" && grep -q 'is run 1 of series .* already' "$dir/out"
verdict add-again-is-said $?
h 0 list && [ "$(grep -c ' run ' "$dir/out")" -eq 1 ] && grep -q v1 "$dir/out"
verdict list $?
h 0 show 1 && grep -q 'iops@' "$dir/out" && grep -q 'host kernel: ' "$dir/out"
verdict show-run $?
metric=$(sed -nE 's/^ *(iops@[0-9]+) .*/\1/p' "$dir/out" | head -n 1)
h 0 show --metric "$metric" && grep -q "$metric in series" "$dir/out"
verdict show-metric $?
h 0 changes && grep -q 'too few to tell' "$dir/out"
verdict changes-of-too-few-runs $?
h 0 plot --metric "$metric" -o "$dir/p.svg" && grep -q '</svg>' "$dir/p.svg" && [ -s "$dir/p.csv" ] && [ -s "$dir/p.gp" ]
verdict plot $?
h 0 export && grep -q "^.*,$metric,1/s,higher," "$dir/out"
verdict export-csv $?
h 0 export --json -o "$dir/e.json" && grep -q '"schema": 1' "$dir/e.json" && [ ! -s "$dir/out" ]
verdict export-json-to-a-file $?
for verb in list "show 1" "show --metric $metric" changes; do
	# shellcheck disable=SC2086
	h 0 $verb --json && is_json
	verdict "json-of-${verb%% *}" $?
done

for bad in "" nonsense "add" "add $dir/none" "show" "show 1 --metric $metric" "show 99" "show 1x" "show --metric none" \
	"list --series none" "plot --metric $metric" "plot --metric $metric -o $dir/p.png" "changes --gate 0" \
	"changes --min-effect much" "list --nonsense" "list extra"; do
	# shellcheck disable=SC2086
	h 2 $bad
	verdict "refused:${bad:-no verb}" $?
done
cp -r "$run" "$dir/edited"
sed -i 's/"serial": "[^"]*"/"serial": "OTHER"/' "$dir/edited/manifest.json"
series=$("$B/passbench" history list --db "$db" | sed -n "s/^series '\(.*\)', .*/\1/p")
h 2 add "$dir/edited" --series "$series" && grep -q 'disk serial (OTHER, not' "$dir/err"
verdict another-disk-in-a-series-is-refused $?
h 2 add "$dir/edited" "$dir/none"
verdict one-bad-directory $?
h 0 list && [ "$(grep -c ' run ' "$dir/out")" -eq 1 ]
verdict adds-none $?

# Forty runs of one series, halved from the 21st on: copies whose start and steps.csv differ.
make_run() { # N FACTOR
	cp -r "$run" "$dir/r$1"
	awk -F, -v OFS=, -v f="$2" -v n="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "iops") c = i }
		NR > 1 { $c *= f * (1 + (n * 7 % 10) / 1000) } { print }' "$run/steps.csv" >"$dir/r$1/steps.csv"
	sed -i "s/\"started_utc\": \"[^\"]*\"/\"started_utc\": \"2026-0$(($1 / 28 + 1))-$(printf %02d $(($1 % 28 + 1)))T00:00:00Z\"/; \
		s/\"steps.csv\": \"[^\"]*\"/\"steps.csv\": \"$(sha256sum "$dir/r$1/steps.csv" | cut -d' ' -f1)\"/" "$dir/r$1/manifest.json"
}
for n in $(seq 40); do make_run "$n" "$([ "$n" -le 20 ] && echo 1 || echo 0.5)"; done
db=$dir/forty.db
h 0 add $(seq -f "$dir/r%g" 40)
verdict add-forty $?
h 0 changes --metric "$metric" && grep -q "$metric: worse from run 21 " "$dir/out"
verdict change-is-found $?
h 1 changes --metric "$metric" --gate 20
verdict gate-fails $?
h 0 changes --metric "$metric" --gate 19
verdict gate-forgets-what-is-old $?
h 0 changes --metric "$metric" --gate 20 --min-effect 60%
verdict gate-minds-the-size $?
h 0 plot --metric "$metric" -o "$dir/forty.svg" && [ "$(grep -c ',1,' "$dir/forty.csv")" -ge 1 ]
verdict plot-with-a-change $?

cp "$db" "$dir/whole.db"
for damage in "truncate -s 5000" "sed -i 1s/SQLite/sqlite/" "truncate -s 0"; do
	cp "$dir/whole.db" "$db"
	$damage "$db"
	sum=$(sha256sum <"$db")
	for verb in list changes export "add $run"; do
		# shellcheck disable=SC2086
		h 2 $verb || break
	done && [ "$sum" = "$(sha256sum <"$db")" ]
	verdict "damaged:${damage%% -*}${damage##* }" $?
done

mkdir "$dir/small"
if mount -t tmpfs -o size=160k tmpfs "$dir/small" 2>/dev/null; then
	db=$dir/small/h.db
	h 0 add "$dir/r1" && cp "$db" "$dir/before.db"
	dd if=/dev/zero of="$dir/small/fill" bs=4k status=none 2>/dev/null
	h 5 add $(seq -f "$dir/r%g" 2 40) && cmp -s "$db" "$dir/before.db"
	verdict full-disk-leaves-the-old-one $?
	h 0 list
	verdict full-disk-can-be-read $?
	rm "$dir/small/fill"
	h 0 add "$dir/r2"
	verdict room-again $?
else
	echo "SKIP history/full-disk (no tmpfs here: not root)"
fi
exit $failed
