#!/bin/bash
# Runs inside the lab's machine: run, analyze, tune --apply, then every combination of the same knobs. Arguments:
# passbench, directory for results, scenario. Prints one line "regret ...".
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
	;;
*)
	rule=R-I2
	options="--guest $guest --depth 4,16 --duration 3s"
	;;
esac

# All combinations of the knobs that the finding on stdin changes, as findings like it.
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
			each($p.vectors | length) as $new | $f | .params.vectors |= (to_entries | map(.value + {new: $new[.key]}))
		end'
}

tune() { # directory: prints the seconds
	local began=$SECONDS
	"$pb" tune --apply --rule "$rule" --pairs "$PAIRS" --window "$WINDOW" $erase "$1" >"$1.out" 2>"$1.err" ||
		tail -n 3 "$1.err" >&2
	echo $((SECONDS - began))
}

rm -rf "${out:?}"/*/
"$pb" run --disk PBLAB0001 $options -o "$out/run" || exit 1
"$pb" analyze --quiet "$out/run" >/dev/null || exit 1
jq -c --arg rule $rule 'first(.findings[] | select(.rule == $rule and (.params.kind? // "") != ""))' "$out/run/findings.json" >"$out/finding.json"
[ -s "$out/finding.json" ] || { echo "regret $scenario: $rule found nothing to tune" && exit 1; }
cp -r "$out/run" "$out/all"
took=$(tune "$out/run")
combinations <"$out/finding.json" | jq -s '{schema: 1, findings: .}' >"$out/all.json"
jq --argjson all "$(cat "$out/all.json")" '.findings = $all.findings' "$out/run/findings.json" >"$out/all/findings.json"
all_took=$(tune "$out/all")
# The best median of many is lifted by noise alone, so it stands with the interval of the difference (independent errors in
# logarithms), and beside it the best that an interval proves.
jq -rs --slurpfile left "$out/run/tune/1-$rule/tune.json" --arg s "$scenario" --arg r $rule --argjson took "$took" --argjson all "$all_took" '
	def pct: . * 1000 | round / 10;
	def two: if . then . * 100 | round / 100 else "-" end;
	def news: [.changes[].new];
	def se: if .ratio_lo and .ratio_hi then (((.ratio_hi / .ratio_lo) | log) / 3.92) else 0 end;
	map(select(.ratio)) as $v | $left[0] as $l | {ratio: 1, ratio_lo: 1, ratio_hi: 1} as $same |
	(if $l.verdict == "kept" then ([$v[] | select(news == ($l | news))] + [$l])[0] else $same end) as $ours |
	([$same, $v[]] | max_by(.ratio)) as $best | ([1, ($v[] | select(.ratio_lo > 1) | .ratio)] | max) as $proven |
	(($ours.ratio / $best.ratio) | log) as $d | ((($ours | se) * ($ours | se) + ($best | se) * ($best | se)) | sqrt | . * 1.96) as $half |
	($v[] | "  \(.changes | map(.key + "=" + .new) | join(" ")): \(.ratio | two) [\(.ratio_lo | two)..\(.ratio_hi | two)] \(.verdict)"),
	"regret \($s): \($r) \($l.verdict) (\($l.ratio | two) [\($l.ratio_lo | two)..\($l.ratio_hi | two)]), worth \($ours.ratio | two); \($v | length) combinations: best median \($best.ratio | two), regret \(1 - ($d | exp) | pct)% [\(1 - ($d + $half | exp) | pct)..\(1 - ($d - $half | exp) | pct)]; best proven \($proven | two), regret \(1 - $ours.ratio / $proven | pct)%; \($took) s against \($all) s: \($took / $all | pct)%"
' "$out"/all/tune/*/tune.json
