#!/bin/bash
# The commands under the charts: each one, typed in report/charts as the page says it, draws the same SVG again from
# the CSV files next to it. A change in the CSV changes the drawing. Exit 77 without gnuplot or lstopo.
# Usage: test_report_charts.sh [PASSBENCH]
set -u
cd "$(dirname "$0")/../.." || exit 2
export PASSBENCH_DATA=$PWD
passbench=$(realpath "${1:-${B:-build}/passbench}")
for tool in "$passbench" gnuplot lstopo-no-graphics; do
	command -v "$tool" >/dev/null || { echo "SKIP unit/report_charts: no $tool" && exit 77; }
done

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
verdict() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "PASS unit/report_charts: $1"
	else
		echo "FAIL unit/report_charts: $1"
		failed=1
	fi
}

cp -r tests/fixtures/run-vfio "$tmp/run"
mkdir -p "$tmp/run/tune/1-R-I2"
echo '{"rule":"R-I2","title":"t","verdict":"kept"}' >"$tmp/run/tune/1-R-I2/tune.json"
printf '%s\n' t_ns,t_end_ns,guest,phase,block,depth,iops,iops_lo,iops_hi,lat_p99_ns,valid,reason \
	1,2,g,a,1,16,11000,10900,11100,9,1, 3,4,g,b,1,16,12000,11900,12100,9,1, >"$tmp/run/tune/1-R-I2/steps.csv"
# percentiles by interval, with two seconds without I/O in the middle
guest=$(echo "$tmp"/run/guest/*)
t0=$(sed -n 2p "$tmp/run/steps.csv" | cut -d, -f1)
awk -v t0="$t0" 'BEGIN { print "t_ns,span_ns,completed,p50_ns,p99_ns,p999_ns"
	for (i = 1; i <= 60; i++) {
		idle = i > 20 && i <= 40
		printf "%.0f,100000000,%d,%s\n", t0 + i * 1e8, idle ? 0 : 1000, idle ? ",," : "90000,200000,400000"
	} }' >"$guest/quantiles.csv"
"$passbench" analyze "$tmp/run" >/dev/null || exit 1
# a comparison of paths, as the analyzer writes it
sed -i 's|"findings": \[|"findings": [{"rule":"path-choice","family":"paths","severity":"info","title":"t","what":"w","confidence":"high","risk":"none","change_class":"-","gain":{"lo_pct":null,"hi_pct":null,"pct":null,"of":""},"evidence":[],"apply":[],"undo":[],"verify":[],"missing":[],"params":{"kind":"paths","arms":[{"name":"bare-metal","visits":3,"depths":[{"depth":1,"iops":{"median":9}}]},{"name":"vfio","visits":3,"depths":[{"depth":1,"iops":{"median":9,"ratio":0.9,"lo":0.8,"hi":1.0}}]}]}},|' "$tmp/run/findings.json"
"$passbench" report "$tmp/run" --format html >/dev/null || exit 1

page=$tmp/run/report/index.html
charts=$tmp/run/report/charts
cp -r "$charts" "$tmp/first"
mapfile -t commands < <(grep -o '<div class="redo[^>]*>[^<]*<code>[^<]*' "$page" | sed 's/.*<code>//' | sort -u)
echo "    ${#commands[@]} commands: $(printf '%s; ' "${commands[@]}")"
[ "${#commands[@]}" -ge 10 ]
verdict "every chart has its command" $?
rm -f "$charts"/*.svg
for command in "${commands[@]}"; do
	(cd "$charts" && eval "$command") 2>"$tmp/stderr" || { cat "$tmp/stderr" && failed=1; }
done
bad=0
for svg in "$tmp"/first/*.svg; do
	cmp "$svg" "$charts/$(basename "$svg")" || bad=1
done
verdict "the commands draw the same charts, byte for byte" $bad

# in each of the three colours the legend's stroke, one before the gap and one behind it
strokes=$(tr '\n' ' ' <"$charts/percentiles.svg" | grep -oE "<path stroke='rgb\( *(0, 158, 115|213, *94, *0|176, *96, 154)\)'[^>]*>" | tr -cd 'M>' | tr '>' ' ')
[ "$strokes" = "MMM MMM MMM " ]
verdict "an interval without I/O is a gap" $?

for chart in curve:curve-iops timeline-iops:timeline heat:heat percentiles:percentiles irq:irq latency:latency tune:tune paths:paths; do
	csv=$charts/${chart%%:*}.csv
	svg=$charts/${chart#*:}.svg
	[ -s "$csv" ] || { verdict "${chart%%:*}.csv is there" 1 && continue; }
	# the first line of the data is gone
	sed -i 2d "$csv"
done
(cd "$charts" && gnuplot curve.gp timeline.gp heat.gp percentiles.gp irq.gp latency.gp 2>/dev/null)
bad=0
for svg in curve-iops timeline heat percentiles irq latency; do
	cmp -s "$tmp/first/$svg.svg" "$charts/$svg.svg" && echo "    $svg.svg does not depend on its CSV" && bad=1
done
verdict "other data, other charts" $bad
exit $failed
