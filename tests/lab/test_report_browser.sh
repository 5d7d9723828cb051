#!/bin/bash
# The HTML report in a real browser: nothing wider than the window at phone and desktop width,
# no console message, every drawing has a size, light and dark differ. Exit 77 when no browser is installed.
# Usage: test_report_browser.sh [PASSBENCH] [RUN_DIRECTORY]
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
passbench=${1:-$top/build/passbench}
run=${2:-$top/tests/fixtures/run-vfio}

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
	echo "skipped: no chromium"
	exit 77
fi
if [ ! -x "$passbench" ]; then
	echo "skipped: $passbench is not built"
	exit 77
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp -r "$run" "$tmp/run"
rm -rf "$tmp/run/report" "$tmp/run/findings.json"
export PASSBENCH_DATA=$top
"$passbench" analyze "$tmp/run" >"$tmp/analyze.txt"
"$passbench" report "$tmp/run" --format html >"$tmp/report.txt"

# The page allows no script, so a second page measures it from outside.
measure_page() {
	cat <<-EOF
	<!doctype html><meta charset=utf-8><body style="margin:0">
	<iframe id=f style="width:${1}px;height:900px;border:0" src="run/report/index.html"></iframe><pre id=out>waiting</pre>
	<script>
	const f = document.getElementById("f"), out = [];
	f.onload = () => {
		const d = f.contentDocument, w = d.documentElement.clientWidth;
		const clipped = e => e.closest(".scroll");
		if (d.documentElement.scrollWidth > w) out.push("page is " + d.documentElement.scrollWidth + " wide in " + w);
		for (const e of d.body.querySelectorAll("*")) {
			const r = e.getBoundingClientRect();
			if (r.width && r.right > w + 1 && !clipped(e)) out.push(e.tagName + " ends at " + Math.round(r.right));
		}
		const svgs = d.querySelectorAll("figure svg");
		if (svgs.length < 5) out.push("only " + svgs.length + " drawings");
		for (const s of svgs) if (s.getBoundingClientRect().height < 50) out.push("a drawing has no height");
		const ids = [...d.querySelectorAll("[id]")].map(e => e.id);
		const twice = ids.filter((id, i) => ids.indexOf(id) != i);
		if (twice.length) out.push("id used twice: " + twice.slice(0, 3));
		for (const a of d.querySelectorAll('a[href^="#"]'))
			if (!d.getElementById(a.getAttribute("href").slice(1))) out.push("dead link " + a.getAttribute("href"));
		document.getElementById("out").textContent =
			"RESULT " + (out.length ? out.slice(0, 8).join("; ") : "good") + " END " +
			"BG " + f.contentWindow.getComputedStyle(d.body).backgroundColor + " BG";
	};
	</script>
	EOF
}

browse() {
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --allow-file-access-from-files --enable-logging=stderr \
		--user-data-dir="$tmp/profile" --virtual-time-budget=5000 "$@" 2>"$tmp/console.txt"
}

failed=0
for width in 390 1280; do
	measure_page "$width" >"$tmp/measure.html"
	browse --window-size=$((width + 40)),1000 --dump-dom "file://$tmp/measure.html" >"$tmp/dom.txt" || true
	# the first match is the answer, the second the script's own text
	result=$(grep -m1 -o 'RESULT .* END' "$tmp/dom.txt" || echo "no answer from the browser")
	echo "$width px: $result"
	[ "$result" = "RESULT good END" ] || failed=1
	if grep -q ':CONSOLE' "$tmp/console.txt"; then
		echo "$width px: console:"
		grep ':CONSOLE' "$tmp/console.txt" | head -5
		failed=1
	fi
	light=$(grep -m1 -o 'BG .* BG' "$tmp/dom.txt" || true)
done
browse --blink-settings=preferredColorScheme=0 --dump-dom "file://$tmp/measure.html" >"$tmp/dom.txt" || true
dark=$(grep -m1 -o 'BG .* BG' "$tmp/dom.txt" || true)
echo "light $light, dark $dark"
if [ -z "$dark" ] || [ "$light" = "$dark" ]; then
	echo "light and dark look the same"
	failed=1
fi
exit $failed
