#!/bin/bash
# time to a knee: --depth auto against a grid of 9 depths (2 s ramp + 10 s each = 108 s), loop device over tmpfs
# TRIES searches (default 10) and GRIDS grids (default 1). A grid's depth is the usual reading of such a curve: the
# smallest whose IOPS reach 95% of the best. Its time is counted as 9 * 12 s; its ramps are not waited for.
set -u
B=${B:-build}
tries=${TRIES:-10}
grids=${GRIDS:-1}
[ "$(id -u)" -eq 0 ] || { echo "SKIP not root: no loop device" && exit 77; }
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
mount -t tmpfs -o size=700m tmpfs "$dir" || { echo "SKIP no tmpfs" && exit 77; }
loop=
trap '[ -n "$loop" ] && losetup -d "$loop"; umount "$dir"; rmdir "$dir"' EXIT
dd if=/dev/urandom of="$dir/disk" bs=1M count=512 status=none
loop=$(losetup --direct-io=on --show -f "$dir/disk") || { echo "SKIP no loop device with direct I/O" && exit 77; }

# run NAME DEPTHS DURATION: prints the seconds of the whole command
run() {
	local start
	start=$(date +%s.%N)
	"$B/passbench" run --quiet --disk "$loop" --guest local --depth "$2" --duration "$3" -o "$dir/$1" >"$dir/$1.log" 2>&1 ||
		sed 's/^/  /' "$dir/$1.log" >&2
	awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }'
}

for i in $(seq "$grids"); do
	run "grid$i" 1,2,4,8,16,32,64,128,256 10s >/dev/null
	grid=$(tr -d '\r' <"$dir/grid$i/steps.csv" | awk -F, 'NR > 1 { x[$6] = $11; if ($11 > best) best = $11 }
		END { for (d = 256; d >= 1; d /= 2) if (x[d] >= 0.95 * best) at = d; print at + 0 }')
	echo "grid $i: depth $grid"
	grid_depths="${grid_depths:-} $grid"
done
for i in $(seq "$tries"); do
	seconds=$(run "auto$i" auto 5s)
	depth=$(sed -n 's/^recommended depth \([0-9]*\):.*/\1/p' "$dir/auto$i/log.txt")
	sed -n 's/^no depth recommended/  none/p' "$dir/auto$i/log.txt" >&2
	echo "${depth:-0} $seconds"
	rm -rf "$dir/auto$i"
done | awk -v grids="$grid_depths" '{
		n = split(grids, g, " "); near = 0
		for (k = 1; k <= n; k++) near = near || (g[k] > 0 && $1 >= g[k] / 2 && $1 <= g[k] * 2)
		printf "try %2d: depth %3d in %5.1f s = 1/%.1f of the grid, %s\n", NR, $1, $2, 108 / $2, near ? "same" : "OTHER"
		same += near; t[NR] = $2
	} END {
		for (i = 1; i <= NR; i++) for (j = i + 1; j <= NR; j++) if (t[j] < t[i]) { x = t[i]; t[i] = t[j]; t[j] = x }
		printf "same depth within one doubling in %d of %d tries; median %.1f s (%.1f..%.1f), the grid 108 s: ratio %.3f\n",
			same, NR, t[int((NR + 1) / 2)], t[1], t[NR], t[int((NR + 1) / 2)] / 108
	}'
