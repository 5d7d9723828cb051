#!/bin/bash
# The whole gate of one CI job: measures base and new in turns, compares them, adds the new runs to the history.
#
# usage: gate.sh BASE_PASSBENCH NEW_PASSBENCH RESULTS
# Settings from the environment:
#   PAIRS=8              runs of each build (6 or more)
#   SCENARIO=default     the lab's machine to measure on (passbench lab list) ...
#   DISK=                ... or a disk of this machine: PCI address, by-id name or serial; then no lab is used
#   RUN_OPTIONS=         options of passbench run; each word is one
#   MIN_EFFECT=5%        smaller changes are no regression, however sure they are
#   HISTORY=             database that the new runs are added to; empty: none
#   LABEL=               what the new runs are called there: a commit
# Writes RESULTS/base, RESULTS/new, RESULTS/summary.md and RESULTS/junit.xml.
# Exit status: that of passbench compare (0 no regression, 1 regression, 4 nothing to be sure of), or of what failed.
set -u
if [ $# -ne 3 ]; then
	echo "usage: gate.sh BASE_PASSBENCH NEW_PASSBENCH RESULTS" >&2
	exit 2
fi
# absolute: the lab's machine sees the same files at the same paths
base=$(realpath "$1") && new=$(realpath "$2") && mkdir -p "$3" && results=$(realpath "$3") || exit 2
here=$(dirname "$(realpath "$0")")
pairs=${PAIRS:-8}
read -ra options <<<"${RUN_OPTIONS:---depth 16 --duration 5s}"

if [ -n "${DISK:-}" ]; then
	"$here/interleave.sh" "$pairs" "$results" "$base" "$new" --disk "$DISK" "${options[@]}"
else
	# all runs in one boot of the emulated machine; --again: once more when the emulation hangs
	"$new" lab run --scenario "${SCENARIO:-default}" --again --out "$results" -- \
		"$here/interleave.sh" "$pairs" "$results" "$base" "$new" \
		--disk 0000:00:10.0 --guest launch:cpus=2,mem=512M,cpuset=0-1 "${options[@]}"
fi
status=$?
[ $status -eq 0 ] || exit $status

"$new" compare "$results/base" "$results/new" --min-effect "${MIN_EFFECT:-5%}" \
	--junit "$results/junit.xml" --markdown "$results/summary.md"
verdict=$?

if [ -n "${HISTORY:-}" ] && [ $verdict -ne 2 ] && [ $verdict -ne 5 ]; then
	"$new" history add --db "$HISTORY" ${LABEL:+--label "$LABEL"} "$results"/new/* || exit $?
fi
exit $verdict
