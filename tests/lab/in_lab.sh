# shellcheck shell=bash disable=SC2154 # $build is the driver's
# For the drivers of tests in the lab: in_lab DIR [OPTION..] -- COMMAND.. runs COMMAND in the lab's machine, with DIR for results,
# and prints its PASS, FAIL and SKIP lines. The emulation breaks now and then, the machine or something in it that makes the command
# wait for ever (then `lab run --again` starts the command anew) or a guest inside it (then this does, at most twice in ten minutes):
# only what the last start said counts. Status: the command's. Output stays in DIR/lab.out, DIR/lab.err. $build: build folder.
# The longest silence of a test beside `make check` on 2 CPUs is 72 s.

in_lab() {
	local dir=$1 options=() status
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	for left in 2 1 0; do
		# shellcheck disable=SC2016 # expands inside
		timeout 1500 "$build/passbench" lab run --again --silent 400 "${options[@]}" --out "$dir" -- \
			bash -c 'echo "the command starts"; exec "$@"' start "$@" >"$dir/lab.out" 2>"$dir/lab.err" </dev/null
		status=$?
		if [ "$status" -eq 0 ] || [ "$left" -eq 0 ] || [ "$SECONDS" -gt 600 ] || ! guest_broke "$dir"; then break; fi
		echo "the guest broke, not the test: once more"
		rm -f "$dir"/*.err
	done
	last_start "$dir/lab.out" | grep -E '^(PASS|FAIL|SKIP)'
	[ "$status" -eq 0 ] && return
	tail -n 60 "$dir/lab.out" "$dir"/*.err
	last_start "$dir/lab.out" | grep -q '^FAIL' || echo "FAIL the lab ended with status $status"
	return "$status"
}

# A run failed since its QEMU ended without a word (it crashed, or the guest's kernel panicked or reset itself) or since the guest
# hangs, all of it or the CPU that waits for the disk. A test that ends a guest on purpose removes what was said of that.
guest_broke() { # DIR
	grep -hE '^passbench: (.*the guest has ended: QEMU ended .* and said nothing|the agent did not answer .* is the guest alive|the guest booted but its agent did not answer|the disk hangs: nothing was done|fio failed .*: fio did not end within)' "$1"/*.err
}

last_start() { # FILE
	awk '/^the command starts$/ { n = 0; next } { line[n++] = $0 } END { for (i = 0; i < n; i++) print line[i] }' "$1"
}
