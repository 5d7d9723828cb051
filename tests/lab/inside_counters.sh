#!/bin/bash
# Runs inside the lab's machine, which has no PMU: counter groups of tracepoints and software events on a guest's threads,
# held against what KVM and the scheduler count themselves.
# Arguments: passbench, directory for results. Prints PASS/FAIL lines; the status is the number of failures.
set -u
pb=$1
out=$2

"$pb" list counters 2>"$out/list.err" | grep -E 'perf/(ipc|exits)'
"$pb" run --disk PBLAB0001 --guest launch:cpus=2,mem=512M --depth 4 --duration 4s --counters perf/exits,perf/switches \
	-o "$out/counters" 2>"$out/counters.err"
python3 - "$out/counters" <<'PYTHON'
import csv
import json
import sys

run = sys.argv[1]
failed = 0


def check(text, good, more=""):
    global failed
    failed += not good
    print("PASS" if good else "FAIL", "counters:", text, more)


def rows(name):
    with open(f"{run}/host/{name}.csv") as f:
        return list(csv.DictReader(f))


def number(text):
    return int(text or 0)


collectors = {c["name"]: c["status"] for c in json.load(open(f"{run}/manifest.json"))["collectors"]}
check("groups that were asked for are counted without a PMU", collectors.get("pmu") == "ok", collectors.get("pmu"))
pmu, kvm, threads = rows("pmu"), rows("kvm"), rows("threads")
check("KVM's own counters come from QEMU's descriptors", {r["source"] for r in kvm} == {"fd"})

for vcpu in ("vcpu0", "vcpu1"):
    samples = {}
    for r in pmu:
        if r["scope"] == vcpu and r["group"] == "perf/exits" and r["unit"] == "count":
            samples.setdefault(int(r["t_ns"]), {})[r["name"]] = number(r["value"])
    times = sorted(samples)
    two = [s for s in samples.values() if s["exits"] < sum(v for n, v in s.items() if n != "exits")]
    check(f"{vcpu}: no exit has two reasons", len(times) >= 3 and not two, f"{len(times)} samples")

    # Counted between two samples; KVM's rows around them say at least and at most how many.
    begin, end = times[1], times[-2]
    own = [(int(r["t_ns"]), int(r["exits"])) for r in kvm if r["scope"] == vcpu]
    before = [x for t, x in own if t <= begin], [x for t, x in own if t <= end]
    after = [x for t, x in own if t >= begin], [x for t, x in own if t >= end]
    seen = samples[end]["exits"] - samples[begin]["exits"]
    low, high = before[1][-1] - after[0][0], after[1][0] - before[0][-1]
    slack = 10 + high // 20  # a row's counters are read up to some ms after its time
    check(f"{vcpu}: as many exits as KVM counts", end > begin and low - slack <= seen <= high + slack,
          f"{seen} in [{low}, {high}]")

    mine = [r for r in threads if r["role"] == vcpu]
    guest = [number(r["guest_ns"]) for r in mine if r["guest_ns"]]
    check(f"{vcpu}: time in the guest grows, and is less than all its time",
          guest and guest[0] < guest[-1] and guest[-1] - guest[0] <=
          int(mine[-1]["run_ns"]) - int(mine[0]["run_ns"]) + 100_000_000)
    share = [float(r["value"]) for r in pmu if r["scope"] == vcpu and r["name"] == "busy" and r["value"]]
    check(f"{vcpu}: its formula says how busy it was", share and all(0 < s < 110 for s in share), share[-1:])
sys.exit(failed)
PYTHON
