#!/bin/bash
# import of 2 GB of esxtop's CSV through a pipe: seconds and peak memory, against a tenth of it (memory must not grow)
# MB: how much. Rows of a host with 64 CPUs, 40 vCPUs and 200 disks, 10,000 columns in all, made on the fly.
set -u
B=${B:-build}
mb=${MB:-2048}
dir=$(mktemp -d /tmp/passbench-bench-XXXXXX)
trap 'rm -rf "$dir"' EXIT
[ -x /usr/bin/time ] || { echo "SKIP: needs /usr/bin/time" && exit 77; }

# rows MEGABYTES: the header, and one row again and again with another stamp
rows() {
	awk -v bytes="$(($1 * 1000000))" 'BEGIN {
		q = "\""
		h = q "(PDH-CSV 4.0) (UTC)(0)" q; r = ""
		for (i = 0; i < 64; i++) { h = h ",\"\\\\esx\\Physical Cpu(" i ")\\% Util Time\""; r = r ",\"" 10 + i ".25\"" }
		for (i = 0; i < 40; i++) { h = h ",\"\\\\esx\\Vcpu(7:db:" 70 + i ":vmx-vcpu-" i ":db)\\% Run\""; r = r ",\"12.50\"" }
		for (i = 0; i < 200; i++) {
			d = "\\\\esx\\Physical Disk SCSI Device(naa." i ")\\"
			h = h ",\"" d "Reads/sec\",\"" d "Writes/sec\",\"" d "Average Guest MilliSec/Read\",\"" d "Average Guest MilliSec/Write\""
			r = r ",\"" 100 + i ".00\",\"50.00\",\"0.75\",\"1.25\""
		}
		for (i = 0; i < 9000; i++) { h = h ",\"\\\\esx\\Group Cpu(" i ":w)\\% Used\""; r = r ",\"0.0" i % 10 "\"" }
		print h
		left = bytes - length(h)
		for (t = 0; left > 0; t++) {
			row = q "11/" sprintf("%02d", 1 + int(t / 43200)) "/2026 " sprintf("%02d:%02d:%02d", t / 1800 % 24, t / 30 % 60, t * 2 % 60) q r
			print row
			left -= length(row) + 1
		}
	}'
}

# measure LABEL MEGABYTES
measure() {
	rows "$2" | /usr/bin/time -o "$dir/time" -f '%e %M' "$B/passbench" import --quiet --disk naa.7 /dev/stdin -o "$dir/out" >/dev/null || return 1
	awk -v label="$1" -v mb="$2" '{ printf "%-6s %5d MB: %6.1f s, %4.0f MB/s, %4.0f MB of memory at most\n", label, mb, $1, mb / $1, $2 / 1024 }' "$dir/time"
	cut -d' ' -f2 "$dir/time" >"$dir/peak.$1"
	rm -rf "$dir/out"
}

echo "$(nproc) CPUs, load $(cut -d' ' -f1 /proc/loadavg); the seconds contain waiting for the rows to be made"
measure tenth $((mb / 10)) && measure all "$mb" || exit 1
awk 'NR == 1 { a = $1 } NR == 2 { printf "memory of all / of a tenth: %.2f\n", $1 / a }' "$dir/peak.tenth" "$dir/peak.all"
