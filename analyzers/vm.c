/*
 * The virtual machine around the disk: vCPUs that wait for a CPU, device
 * registers that exit. It recommends pins and device properties; interrupts are irq.c's. The rules about
 * nodes and pages are in vmplace.c, about iothreads in iothread.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/iothread.h"
#include "analyzers/placement.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/sweep.h"
#include "analyzers/vmplace.h"
#include "engine/lib/json.h"

#define FAMILY PB_VM_FAMILY
#define THREADS "host/threads.csv"
#define KVM "host/kvm.csv"

/* docs/rules.md R-V4, from E5: doorbells are mapped, so a steady guest has about no MMIO exit per I/O */
#define MMIO_PER_IO 0.01

/* The window of the step with the largest throughput; false when there is none. */
static bool window(struct pb_run *run, struct pb_point *top)
{
	const struct pb_point *p;
	struct pb_sweep s;

	pb_sweep_read(&s, run);
	p = pb_sweep_top(&s);
	if (p)
		*top = *p;
	return p != NULL;
}

/* The thread behind a role and the CPUs it may use, as last seen. False when there is no such row. */
static bool thread_of(const struct pb_table *t, const char *role, int64_t *tid, const char **allowed)
{
	int col = pb_table_col(t, "role");

	for (size_t row = pb_table_rows(t); row-- > 0;) {
		if (strcmp(pb_table_str(t, row, col), role) != 0)
			continue;
		*tid = pb_table_i64(t, row, pb_table_col(t, "tid"));
		*allowed = pb_table_str(t, row, pb_table_col(t, "allowed_cpus"));
		return *tid != PB_NA;
	}
	return false;
}

static void say_pins(struct pb_run *run, struct pb_finding *f, const struct pb_placement *p,
		     const struct pb_strv *roles)
{
	const struct pb_table *t = pb_run_table(run, THREADS);
	const char *allowed;
	int cpus[64];
	unsigned n = pb_placement_housekeeping(p, cpus, 64);
	json_t *vcpus = n >= roles->n ? json_array() : NULL;
	char list[16];
	int64_t tid;

	pb_say_nature(f, "medium", "a pinned vCPU cannot escape a busy CPU: keep other work off it", "L");
	for (size_t i = 0; i < roles->n && i < n; i++) {
		if (!thread_of(t, roles->v[i], &tid, &allowed))
			continue;
		snprintf(list, sizeof(list), "%d", cpus[i]);
		json_array_append_new(vcpus,
				      json_pack("{s:i,s:s}", "vcpu", atoi(roles->v[i] + 4), "new", list));
		pb_say_apply(f, "taskset -pc %d %lld   # %s; libvirt: virsh vcpupin DOMAIN %s %d --live",
			     cpus[i], (long long)tid, roles->v[i], roles->v[i] + 4, cpus[i]);
		if (*allowed)
			pb_say_undo(f,
				    "taskset -pc %s %lld   # %s; libvirt: virsh vcpupin DOMAIN %s %s --live",
				    allowed, (long long)tid, roles->v[i], roles->v[i] + 4, allowed);
	}
	if (f && json_array_size(vcpus) == roles->n)
		f->params = json_pack("{s:s,s:O}", "kind", "vcpu-pin", "vcpus", vcpus);
	json_decref(vcpus);
	if (n >= roles->n)
		pb_say_apply(f, "for a guest that passbench starts: --guest launch:cpus=N,cpuset=LIST");
	else
		pb_say_apply(f, "give the guest as many CPUs as it has vCPUs: fewer vCPUs, or less other "
				"work on the host");
	pb_say_verify(f, "wait_ns of the vCPU threads grows by less than %g%% of wall time",
		      100 * pb_placement_wait_max(run));
}

static int rule_run_delay(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const struct pb_table *t = pb_run_table(run, THREADS);
	struct pb_finding *f = NULL;
	struct pb_strv roles = {0}, late = {0};
	struct pb_placement p;
	struct pb_point top;
	double max = pb_placement_wait_max(run);
	unsigned known = 0;
	int ret;

	if (!window(run, &top))
		return 0;
	pb_distinct(t, "role", NULL, &roles);
	for (size_t i = 0; i < roles.n; i++) {
		const struct pb_match m[] = {{"role", roles.v[i]}, {NULL, NULL}};
		double wait = strncmp(roles.v[i], "vcpu", 4) == 0
				      ? pb_rate(t, "wait_ns", m, top.t0_ns, top.t1_ns) / 1e9
				      : NAN;

		known += !isnan(wait);
		if (!(wait > max))
			continue;
		if (!f) {
			f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE, "vCPUs wait for a host CPU: pin them");
			pb_say_what(f, "A vCPU thread that is ready but not running delays submissions and "
				       "completions alike; it shows in p99 first. "
				       "Pin, then measure again: where interrupts belong depends on where "
				       "the vCPUs run.");
		}
		pb_strv_add(&late, roles.v[i]);
		pb_say_fact(f,
			    &(struct pb_fact){THREADS, "wait_ns", top.t0_ns, top.t1_ns, wait, max, "share",
					      "docs/rules.md R-V2"},
			    "%s waited %.2f%% of the time", roles.v[i], 100 * wait);
	}
	ret = 0;
	if (f && (ret = pb_placement_read(&p, run, top.t0_ns, top.t1_ns)) == 0) {
		say_pins(run, f, &p, &late);
		pb_placement_fini(&p);
	}
	if (!known) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Whether vCPUs wait for a CPU is not known");
		pb_say_missing(f, THREADS ", columns role and wait_ns");
	}
	pb_strv_fini(&roles);
	pb_strv_fini(&late);
	return ret;
}

static int rule_mmio(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const char *bdf = pb_json_str(pb_run_section(run, "disk"), "bdf", "BDF");
	struct pb_finding *f;
	struct pb_point top;
	double per_io;

	if (!window(run, &top))
		return 0;
	per_io = pb_kvm_rate(pb_run_table(run, KVM), "mmio_exits", top.t0_ns, top.t1_ns) / top.iops;
	if (isnan(per_io)) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Exits on device registers are not known");
		pb_say_missing(f, KVM ", column mmio_exits");
	} else if (per_io > MMIO_PER_IO) {
		f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
			   "%.2f MMIO exits per I/O: the doorbells seem to be trapped", per_io);
		pb_say_what(f, "Doorbells of a passed-through disk are mapped into the guest and should not "
			       "exit. When they share a page with the MSI-X "
			       "table, every ring does. QEMU can move the table to another BAR.");
		pb_say_fact(f,
			    &(struct pb_fact){KVM, "mmio_exits", top.t0_ns, top.t1_ns, per_io, MMIO_PER_IO,
					      "1/IO", "docs/rules.md R-V4"},
			    "%.3f MMIO exits per I/O at %.0f IOPS", per_io, top.iops);
		pb_say_nature(f, "medium", "x-msix-relocation is experimental in QEMU: try a boot first",
			      "V");
		pb_say_apply(f, "-device vfio-pci,host=%s,x-msix-relocation=auto", bdf);
		pb_say_apply(f, "libvirt: <qemu:override><qemu:device "
				"alias='hostdev0'><qemu:frontend><qemu:property name='x-msix-relocation' "
				"type='string' value='auto'/></qemu:frontend></qemu:device></qemu:override>, "
				"then restart the domain");
		pb_say_undo(f, "-device vfio-pci,host=%s", bdf);
		pb_say_undo(f, "libvirt: remove the <qemu:override> element, then restart the domain");
		pb_say_verify(f, "mmio_exits per I/O falls below %.2f", MMIO_PER_IO);
	}
	return 0;
}

static int rule_ok(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct pb_point top;

	if (pb_said(out, FAMILY) || !window(run, &top) ||
	    !(pb_run_table(run, THREADS) || pb_run_table(run, KVM)))
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "The virtual machine: no change needed");
	pb_say_what(f, "As far as the counters were available, vCPUs do not wait for a CPU and device "
		       "registers do not exit.");
	pb_say_fact(f, &(struct pb_fact){"steps.csv", "iops", top.t0_ns, top.t1_ns, top.iops, NAN, "1/s", ""},
		    "looked at in the window of depth %lld", (long long)top.depth);
	return 0;
}

static const struct pb_rule rules[] = {
	{"R-V1", "vCPUs or memory on another NUMA node than the disk", "vfio,virtio-blk", "docs/rules.md B5",
	 pb_vmplace_node_rule},
	{"R-V2", "vCPU threads that wait for a CPU", "vfio,virtio-blk", "docs/rules.md E3", rule_run_delay},
	{"R-V3", "a guest of 4 GiB or more without huge pages", "vfio,virtio-blk", "docs/rules.md E1",
	 pb_vmplace_huge_rule},
	{"R-V4", "MMIO exits per I/O: trapped doorbells", "vfio", "docs/rules.md E5", rule_mmio},
	{"R-V5", "one thread of QEMU carries all I/O and is out of time", "virtio-blk", "docs/rules.md C3",
	 pb_iothread_rule},
	{"vm-lacks", "rules of this family that lack a counter", "vfio,virtio-blk", "docs/rules.md",
	 pb_say_lacks},
	{"vm-ok", "nothing to change", "vfio,virtio-blk", "docs/rules.md", rule_ok},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_vm = {
	.name = FAMILY,
	.help = "the virtual machine: CPU and memory placement, exits of device registers, iothreads",
	.rules = rules,
};
