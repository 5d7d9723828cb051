#!/bin/bash
# Runs inside the lab's machine: run, analyze, tune --apply, then every combination of the same knobs, then once more what
# tune left against the best of those. Arguments: passbench, directory for results, scenario. Prints one line "regret ...".
# shellcheck disable=SC2086  # options and erase are lists of words
set -u
pb=$1
out=$2
scenario=$3
cpus=$(nproc)
guest=launch:cpus=2,mem=512M,cpuset=0-1
erase=

case $scenario in
stacked-vcpus)
	rule=R-V2
	options="--guest launch:cpus=2,mem=512M,cpuset=0 --depth 8,16 --duration 3s"
	;;
writethrough)
	rule=R-C2
	options="--guest $guest --attach virtio-blk,cache=writethrough --profile oltp-sync-8k --erase PBLAB0001 --depth 1,4 --duration 2s"
	erase="--erase PBLAB0001"
	LAST_PAIRS=$PAIRS # every window is a guest of its own
	;;
unlimited) # as `default`, but it is the vectors' place that limits, not the disk
	echo 1 >/proc/irq/default_smp_affinity
	rule=R-I2
	options="--guest $guest --depth 4,16 --duration 3s"
	;;
*)
	rule=R-I2
	options="--guest $guest --depth 4,16 --duration 3s"
	;;
esac

# All combinations of the knobs that the finding on stdin changes, as findings like it. The first vector of a disk is its
# admin queue's, which no I/O uses: it goes where the finding puts it.
combinations() {
	jq -c --argjson cpus "$cpus" --argjson now "$(jq '.attach // {}' "$out/run/manifest.json")" '
		def each(n): if n == 0 then [] else each(n - 1) as $rest | range($cpus) as $c | $rest + [$c | tostring] end;
		. as $f | .params as $p |
		if $p.kind == "attach" then
			["none", "threads"], ["none", "native"], ["none", "io_uring"], ["writeback", "threads"], ["writeback", "io_uring"],
			["writethrough", "threads"], ["writethrough", "io_uring"], ["directsync", "threads"], ["directsync", "native"],
			["directsync", "io_uring"] |
			select(. != [$now.cache, $now.aio]) | . as [$cache, $aio] | $f | .params += {cache: $cache, aio: $aio}
		elif $p.kind == "vcpu-pin" then
			each($p.vcpus | length) as $new | $f | .params.vcpus |= (to_entries | map(.value + {new: $new[.key]}))
		else
			each(($p.vectors | length) - 1) as $new | $f |
			.params.vectors |= (to_entries | map(.value + if .key > 0 then {new: $new[.key - 1]} else {} end))
		end'
}

tune() { # directory, pairs: prints the seconds
	local began=$SECONDS
	"$pb" tune --apply --rule "$rule" --pairs "$2" --window "$WINDOW" $erase "$1" >"$1.out" 2>"$1.err" ||
		tail -n 3 "$1.err" >&2
	echo $((SECONDS - began))
}

# What tune said of the findings of that run, in their order.
verdicts() { # name
	local n=0

	while n=$((n + 1)) && [ -e "$out/$1/tune/$n-$rule/tune.json" ]; do
		cat "$out/$1/tune/$n-$rule/tune.json"
	done
}

# A run whose findings are those on stdin, one a line.
run_with() { # name
	cp -r "$out/plain" "$out/$1"
	jq -s '{schema: 1, findings: .}' >"$out/$1/findings.json"
}

rm -rf "${out:?}"/*/
"$pb" run --disk PBLAB0001 $options -o "$out/run" || exit 1
"$pb" analyze --quiet "$out/run" >/dev/null || exit 1
jq -c --arg rule $rule 'first(.findings[] | select(.rule == $rule and (.params.kind? // "") != ""))' "$out/run/findings.json" >"$out/finding.json"
[ -s "$out/finding.json" ] || { echo "regret $scenario: $rule found nothing to tune" && exit 1; }
cp -r "$out/run" "$out/plain"
took=$(tune "$out/run" "$PAIRS")
combinations <"$out/finding.json" | run_with all
all_took=$(tune "$out/all" "$PAIRS")

# The best of many medians is lifted by noise alone, so it is measured anew, with what tune left, in turns.
best=$(verdicts all | jq -s 'to_entries | map(select(.value.ratio)) | max_by(.value.ratio).key')
{
	combinations <"$out/finding.json" | sed -n "$((best + 1))p"
	cat "$out/finding.json"
} >"$out/two"
cat "$out/two" "$out/two" | run_with last
tune "$out/last" "$LAST_PAIRS" >/dev/null
verdicts all >"$out/all.json" # the lab has no /dev/fd
verdicts last | jq -rs --slurpfile left "$out/run/tune/1-$rule/tune.json" --slurpfile all "$out/all.json" \
	--arg s "$scenario" --arg r $rule --argjson took "$took" --argjson all_took "$all_took" '
	def pct: . * 1000 | round / 10;
	def two: if . then . * 100 | round / 100 else "-" end;
	def news: [.changes[].new] | join(" ");
	def se: ((.ratio_hi / .ratio_lo) | log) / 3.92;
	def pooled: {d: (map(.ratio | log) | add / length), v: (map(se * se) | add / (length * length))};
	. as $v | $left[0] as $l |
	([$v[0], $v[2]] | pooled) as $best |
	(if $l.verdict == "kept" then [$v[1], $v[3]] | pooled else {d: 0, v: 0} end) as $ours |
	($ours.d - $best.d) as $d | (($ours.v + $best.v) | sqrt * 1.96) as $half |
	($all[] | "  \(news): \(.ratio | two) [\(.ratio_lo | two)..\(.ratio_hi | two)] \(.verdict)"),
	"regret \($s): \($r) \($l.verdict) (\($l | news): \($l.ratio | two) [\($l.ratio_lo | two)..\($l.ratio_hi | two)]) in \($took) s, \($took / $all_took | pct)% of the search over \($all | length) combinations; best there \($v[0] | news); both again: \($ours.d | exp | two) and \($best.d | exp | two), regret \([0, 1 - ($d | exp)] | max | pct)% [\(1 - ($d + $half | exp) | pct)..\(1 - ($d - $half | exp) | pct)]"
'
