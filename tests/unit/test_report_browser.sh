#!/bin/bash
# The HTML report in a real browser, from recorded runs and from a run full of hostile names: at phone, desktop and
# A4 width, light and dark, in English and Chinese, nothing is cut off or wider than the page, no console message,
# every drawing has a size and a name, headings are in order, text has contrast, and nothing that came from a guest
# became markup. Needs no lab. Exit 77 when no browser is installed.
# Usage: test_report_browser.sh [PASSBENCH]
set -u
cd "$(dirname "$0")/../.." || exit 2
top=$PWD
B=${B:-build}
passbench=${1:-$B/passbench}

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
skip() {
	echo "SKIP unit/report_browser: $*"
	exit 77
}
[ -n "$browser" ] || skip "no chromium"
[ -x "$passbench" ] || skip "$passbench is not built"
command -v gnuplot >/dev/null || skip "no gnuplot"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export PASSBENCH_DATA=$top
failed=0

# verdict NAME STATUS: one line; a failure is shown by what was printed before.
verdict() {
	if [ "$2" -eq 0 ]; then
		echo "PASS unit/report_browser: $1"
	else
		echo "FAIL unit/report_browser: $1"
		failed=1
	fi
}

# make_report RUN [LANG]: analyzed and reported, with an applied change and a comparison of paths in it
make_report() {
	"$passbench" analyze "$tmp/$1" >"$tmp/analyze.txt" 2>&1 || tail -3 "$tmp/analyze.txt"
	"$passbench" report "$tmp/$1" --format html --lang "${2:-en}" >"$tmp/report.txt" 2>&1 || tail -3 "$tmp/report.txt"
}

# rehash RUN FILE: the manifest's hash of a file that was changed on purpose
rehash() {
	local new
	new=$(sha256sum "$tmp/$1/$2" | cut -d' ' -f1)
	sed -i -E "s|(\"$2\": *)\"[0-9a-f]{64}\"|\1\"$new\"|" "$tmp/$1/manifest.json"
}

# What a guest, a disk, a host file or a half-written folder could say.
hostile() {
	local run=$tmp/hostile json csv dir
	# shellcheck disable=SC2016 # meant for gnuplot and the shell, not expanded here
	json='<script>document.title=\\"pwned\\"</script><img src=x onerror=alert(1)>\\u0007\\u001b[31m\\u202e\\"'"'"'\&`touch pwned`@{x}_^1 <\/title><\/style><svg onload=alert(2)>'
	# shellcheck disable=SC2016
	csv='"vfio-msix[1]</text><script>document.title=""pwned""</script>`touch pwned`@{a}_b^c %s \\n'"'"' system(""touch pwned"")"'
	cp -r tests/fixtures/run-vfio "$run"
	for key in model serial firmware kernel cpu_model title fio bios; do
		sed -i -E "s|(\"$key\": *)\"[^\"]*\"|\1\"$key $json\"|" "$run/manifest.json"
	done
	sed -i -E "s|vfio-msix\[1\]\([^)]*\)|$(printf '%s' "$csv" | sed 's/[\\&|]/\\&/g')|" "$run/host/interrupts.csv"
	rehash hostile host/interrupts.csv
	# shellcheck disable=SC2016
	dir='1-R-`touch pwned`<script>document.title="pwned"<%script>'"'"'"'
	mkdir -p "$run/tune/$dir"
	printf '{"rule":"%s","title":"%s","verdict":"kept","reason":"%s","goal":"%s","a":{"label":"%s","median":1},"ratio":1.1,"changes":[{"path":"%s","old":"%s"}]}' \
		"$json" "$json" "$json" "$json" "$json" "$json" "$json" | sed 's/\\\\/\\/g; s/\\&/\&/g' >"$run/tune/$dir/tune.json"
	printf 't_ns,t_end_ns,guest,phase,block,depth,iops,iops_lo,iops_hi,lat_p99_ns,valid,reason\n1,2,g,a,1,16,11000,10900,11100,9,1,%s\n3,4,g,b,1,16,12000,11900,12100,9,0,%s\n' \
		"$csv" "$csv" >"$run/tune/$dir/steps.csv"
}

# The page allows no script, so a second page measures it from outside, at three widths. At A4 the rules for paper
# apply to the screen, in a copy of the page.
measure_page() { # PAGE
	sed 's/@media print{/@media all{/' "$tmp/$1" >"$tmp/paper.html"
	cat >"$tmp/measure.html" <<-EOF
	<!doctype html><meta charset=utf-8><body style="margin:0">
	<pre id=out>RESULT no answer END</pre>
	<script>
	const frames = [["390 px", 390, "$1"], ["1280 px", 1280, "$1"], ["A4", 695, "paper.html"]], out = [];
	let left = frames.length, background = "";
	const luminance = c => { const [r, g, b] = c.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
		return .2126 * r + .7152 * g + .0722 * b; };
	const colour = s => (s.match(/[\d.]+/g) || []).map(Number);
	const behind = (w, e) => { for (; e; e = e.parentElement) { const c = colour(w.getComputedStyle(e).backgroundColor);
		if (c.length == 3 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
	function contrast(w, e) {
		const s = w.getComputedStyle(e), ink = colour(e.closest("svg") ? s.fill : s.color).slice(0, 3);
		if (ink.length < 3) return 21;
		const [a, b] = [luminance(ink), luminance(behind(w, e))].sort((x, y) => y - x);
		return (a + .05) / (b + .05);
	}
	const ownText = e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim());
	function look(name, width, f) {
		const say = t => out.push(name + ": " + t), w = f.contentWindow, d = f.contentDocument;
		if (!d || !d.body || !d.querySelector("h1")) return say("not a report");
		const inside = d.documentElement.clientWidth;
		if (name == "1280 px") background = w.getComputedStyle(d.body).backgroundColor;
		if (d.documentElement.scrollWidth > inside) say("page is " + d.documentElement.scrollWidth + " wide");
		for (const e of d.body.querySelectorAll("*")) {
			const r = e.getBoundingClientRect(), box = e.closest(".scroll");
			if (r.width && (r.right > inside + 1 || r.left < -1) && (!box || name == "A4") && !e.ownerSVGElement) say(e.tagName + " ends at " + Math.round(r.right));
			if (r.width && ownText(e) && !e.closest("title, desc, .lstopo svg") && contrast(w, e) < 4.5)
				say("contrast " + contrast(w, e).toFixed(1) + " of " + e.tagName + " " + e.textContent.trim().slice(0, 20));
			for (const a of e.attributes) if (/^on/i.test(a.name)) say("attribute " + a.name);
		}
		for (const e of d.querySelectorAll("svg text")) {
			const r = e.getBoundingClientRect(), s = e.ownerSVGElement.getBoundingClientRect();
			if (r.width && (r.left < s.left - 1 || r.right > s.right + 1 || r.top < s.top - 1 || r.bottom > s.bottom + 1))
				say("label " + e.textContent.trim().slice(0, 20) + " is cut off");
		}
		const small = [...d.querySelectorAll("figure svg text")].filter(e => e.textContent.trim())
			.map(e => e.getBoundingClientRect().height).filter(h => h && h < 8);
		if (small.length) say(small.length + " labels are smaller than 8 px");
		const svgs = d.querySelectorAll("figure svg");
		if (svgs.length < 7) say("only " + svgs.length + " drawings");
		for (const s of svgs) if (s.getBoundingClientRect().height < 50) say("a drawing has no height");
		for (const s of d.querySelectorAll("body > * svg")) if (!(s.getAttribute("aria-label") || s.querySelector(":scope > title") || s.parentElement.closest("svg"))) say("a drawing has no name");
		if (d.querySelector("script, img, iframe, object, embed, form, input, video, audio, foreignObject, image, animate, set, base, body link, body style, body meta"))
			say("foreign element " + d.querySelector("script, img, iframe, object, embed, form, input, video, audio, foreignObject, image, animate, set, base, body link, body style, body meta").tagName);
		for (const a of d.querySelectorAll("[href], [src]")) {
			const to = a.getAttribute("href") || a.getAttribute("src") || a.getAttribute("xlink:href") || "";
			if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(to) && to != "data:,") say("reference to " + to.slice(0, 30));
			if (to[0] == "#" && !d.getElementById(to.slice(1))) say("dead link " + to);
		}
		const ids = [...d.querySelectorAll("[id]")].map(e => e.id), twice = ids.filter((id, i) => ids.indexOf(id) != i);
		if (twice.length) say("id used twice: " + twice.slice(0, 3));
		let level = 0;
		for (const h of d.querySelectorAll("h1,h2,h3,h4")) {
			if (+h.tagName[1] > level + 1) say("heading " + h.textContent.slice(0, 30) + " skips a level");
			level = +h.tagName[1];
		}
		for (const t of d.querySelectorAll("table")) if (!t.querySelector("th[scope]")) say("a table without header cells");
		if (d.title.includes("pwned") && !d.title.includes("script")) say("a script has run");
		if (!d.documentElement.lang) say("no language");
	}
	function done() {
		document.getElementById("out").textContent = "RESULT " + (out.length ? [...new Set(out)].slice(0, 12).join("; ") : "good") + " END BG " + background + " BG";
	}
	window.alert = () => out.push("alert");
	for (const [name, width, src] of frames) {
		const f = document.createElement("iframe");
		f.style = "width:" + width + "px;height:900px;border:0";
		f.onload = () => { look(name, width, f); if (!--left) done(); };
		f.src = src;
		document.body.append(f);
	}
	</script>
	EOF
}

browse() {
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --allow-file-access-from-files --enable-logging=stderr \
		--user-data-dir="$tmp/profile" --virtual-time-budget=8000 --window-size=1320,1000 "$@" 2>"$tmp/console.txt"
}

# look NAME PAGE: both colour schemes; they must differ
look() {
	local scheme result bg=() bad=0
	measure_page "$2"
	for scheme in 1 0; do
		browse --blink-settings=preferredColorScheme=$scheme --dump-dom "file://$tmp/measure.html" >"$tmp/dom.txt"
		# the first match is the answer, the second the script's own text
		result=$(grep -m1 -o 'RESULT .* END' "$tmp/dom.txt" || echo "no answer from the browser")
		[ "$result" = "RESULT good END" ] || { bad=1 && echo "    scheme $scheme: $result"; }
		grep -m3 ':CONSOLE' "$tmp/console.txt" && bad=1
		bg+=("$(grep -m1 -o 'BG .* BG' "$tmp/dom.txt")")
	done
	[ "${bg[0]}" != "${bg[1]}" ] || { bad=1 && echo "    light and dark are both ${bg[0]}"; }
	verdict "$1" $bad
}

cp -r tests/fixtures/run-vfio "$tmp/vfio"
make_report vfio
look "a passed-through disk" vfio/report/index.html
make_report vfio zh
look "the same in Chinese" vfio/report/index.zh.html
[ ! -d tests/fixtures/lab-host/writethrough ] || {
	cp -r tests/fixtures/lab-host/writethrough "$tmp/virtio"
	make_report virtio
	look "a virtio disk" virtio/report/index.html
}
hostile
make_report hostile
look "hostile names" hostile/report/index.html
# Without the policy a script that came through would run.
sed 's|<meta http-equiv=Content-Security-Policy[^>]*>||' "$tmp/hostile/report/index.html" >"$tmp/hostile/report/open.html"
grep -q Content-Security-Policy "$tmp/hostile/report/open.html"
verdict "the policy can be taken out" $((1 - $?))
look "hostile names without the page's policy" hostile/report/open.html
[ -z "$(find "$tmp" -name pwned)" ] && ! grep -qE '`|@\{|<script|system\(' "$tmp"/hostile/report/charts/*.csv "$tmp"/hostile/report/charts/*-vars.gp
verdict "gnuplot got no hostile text" $?
exit $failed
