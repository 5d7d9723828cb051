#!/bin/bash
# passbench collect --listen and --live as a user sees them; promtool judges the page where it is installed.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build}
dir=$(mktemp -d /tmp/passbench-live-XXXXXX)
pid=
trap 'kill $pid 2>/dev/null; rm -rf "$dir"' EXIT
failed=0
verdict() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "PASS collect/$1"
	else
		echo "FAIL collect/$1"
		failed=1
	fi
}

# get PATH [HEADER]: the answer's body
get() {
	exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
	printf 'GET %s HTTP/1.0\r\n%s\r\n' "$1" "${2:-}" >&3
	sed '1,/^\r$/d' <&3
	exec 3>&-
}

"$B/passbench" collect --only cpu,interrupts --listen 0 2>"$dir/log" &
pid=$!
for _ in $(seq 100); do
	port=$(sed -n 's|.*http://127.0.0.1:\([0-9]*\)/metrics.*|\1|p' "$dir/log")
	[ -z "$port" ] || break
	sleep 0.1
done
for _ in $(seq 100); do
	get /metrics >"$dir/text"
	! grep -q '^passbench_cpu_user_seconds_total{cpu="0"}' "$dir/text" || break
	sleep 0.1
done
get /metrics $'Accept: application/openmetrics-text\r\n' >"$dir/openmetrics"
kill -INT $pid
wait $pid
verdict ends-on-interrupt $?
grep -q '^passbench_interrupts_total{.*cpu="0"} [0-9]' "$dir/text"
verdict page-has-vectors $?
[ "$(tail -n 1 "$dir/openmetrics")" = '# EOF' ]
verdict openmetrics-is-whole $?
promtool=${PROMTOOL:-$(command -v promtool)}
if [ -n "$promtool" ]; then
	"$promtool" check metrics <"$dir/text" >"$dir/promtool" 2>&1 && [ ! -s "$dir/promtool" ]
	verdict promtool $?
	cat "$dir/promtool"
else
	echo "SKIP collect/promtool (not installed: Debian package prometheus)"
fi

"$B/passbench" collect --only cpu,interrupts --live --duration 3s -o "$dir/run" >"$dir/live" 2>"$dir/log"
verdict live-plain-lines $?
grep -qE '^[0-9.]+ s \|.*\| CPU [0-9]+ [0-9.]+%$' "$dir/live" && ! grep -q $'\033' "$dir/live"
verdict live-says-what-is-busy $?
[ -s "$dir/run/host/cpu.csv" ]
verdict live-and-files $?
"$B/passbench" collect 2>"$dir/log"
[ $? -eq 2 ] && grep -q -- --listen "$dir/log"
verdict needs-a-purpose $?
exit $failed
