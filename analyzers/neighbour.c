/*
 * Who else uses what this disk uses: other functions below its PCIe ports, others on the same host disk. What
 * sharing costs is measured with `run --solo`; without that only its possibility is said.
 */
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/fairness.h"
#include "analyzers/neighbour_load.h"
#include "analyzers/neighbours.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/solo.h"
#include "engine/lib/json.h"

#define FAMILY "neighbour"
#define PCIE "host/pcie.csv"

/* docs/rules.md R-N2: throughput alone over throughput beside the others */
#define SOLO_RATIO 1.15
/* docs/rules.md R-N1: a victim's p99 */
#define P99_RATIO 2.0
/* docs/rules.md A2 (c) */
#define FLAT_RATIO 1.05
/* [ours] what the host's disk did beyond this share of the guest's own I/O is somebody else's */
#define HOST_EXCESS 1.15
/* docs/rules.md G */
#define LIMIT_USED 0.90

struct sharing {
	struct pb_sweep s;
	const struct pb_point *top;
	struct pb_solo solo;
	struct pb_neighbours near;
};

static bool read_sharing(struct sharing *n, struct pb_run *run)
{
	pb_sweep_read(&n->s, run);
	pb_sweep_valid(&n->s);
	n->top = pb_sweep_top(&n->s);
	if (!n->top)
		return false;
	pb_solo_read(&n->solo, run, &n->s);
	pb_neighbours_read(&n->near, run, n->top->t0_ns, n->top->t1_ns);
	return true;
}

/* Slower than alone, surely so where there are intervals. */
static bool slowed(const struct pb_solo *o)
{
	return o->known &&
	       ((o->ratio > SOLO_RATIO && !(o->ratio_lo <= 1)) || o->joint_p99_ns > P99_RATIO * o->p99_ns);
}

static void say_solo(struct pb_finding *f, const struct sharing *n)
{
	pb_say_fact(f,
		    &(struct pb_fact){"manifest.json", "solo.points", n->top->t0_ns, n->top->t1_ns,
				      n->solo.ratio, SOLO_RATIO, "ratio", "docs/rules.md R-N2"},
		    "depth %lld: %.0f IOPS alone, %.0f beside the others", (long long)n->solo.depth,
		    n->solo.iops, n->solo.joint_iops);
	if (!isnan(n->solo.p99_ns + n->solo.joint_p99_ns))
		pb_say_fact(f,
			    &(struct pb_fact){"manifest.json", "solo.points", n->top->t0_ns, n->top->t1_ns,
					      n->solo.joint_p99_ns / n->solo.p99_ns, P99_RATIO, "ratio",
					      "docs/rules.md R-N1"},
			    "p99 %.0f us alone, %.0f us beside the others", n->solo.p99_ns / 1e3,
			    n->solo.joint_p99_ns / 1e3);
	if (!f)
		return;
	pb_finding_set(&f->gain_of, "iops");
	f->gain_pct = 100 * (n->solo.ratio - 1);
	f->gain_lo_pct = 100 * (n->solo.ratio_lo - 1);
}

static void say_uplink(struct pb_finding *f, const struct sharing *n)
{
	pb_say_fact(f,
		    &(struct pb_fact){PCIE, "shared_disks", 0, 0, (double)n->near.disks, 0, "disks",
				      "docs/rules.md D3"},
		    "%.200s below %s", n->near.with, n->near.port);
	if (!isnan(n->near.rate))
		pb_say_fact(f,
			    &(struct pb_fact){"host/interrupts.csv", "kind", n->top->t0_ns, n->top->t1_ns,
					      n->near.rate, PB_NEIGHBOUR_BUSY, "1/s", "docs/rules.md R-N2"},
			    "their vectors raised %.0f interrupts/s", n->near.rate);
	pb_say_apply(f, "move one of the disks to a slot below another root port (lspci -tv shows them)");
	pb_say_apply(f,
		     "until then: limit the neighbour where its disk is driven, in its guest or on its host");
	pb_say_undo(f, "move it back");
	pb_say_verify(
		f,
		"passbench run for this disk alone, then beside the others with --solo DIR: the same IOPS");
	pb_say_nature(f, NULL, "the machine is down while a disk is moved", "H");
}

/* More I/Os in flight gained nothing between the two deepest doublings. */
static bool is_flat(const struct pb_sweep *s)
{
	const struct pb_point *last = &s->p[s->n - 1], *best = NULL;

	for (unsigned i = 0; i < s->n && 2 * s->p[i].depth <= last->depth; i++)
		if (!best || s->p[i].iops > best->iops)
			best = &s->p[i];
	return best && (last->iops <= FLAT_RATIO * best->iops || last->iops_lo <= best->iops);
}

static void say_unsure(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
		       const struct sharing *n)
{
	struct pb_finding *f;

	(void)run;
	if (isnan(n->near.rate)) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Another disk is below the same PCIe port");
		pb_say_what(f, "Together they cannot be faster than that port. Whether that limits was not "
			       "measured.");
		pb_say_fact(f,
			    &(struct pb_fact){PCIE, "shared_disks", 0, 0, (double)n->near.disks, 0, "disks",
					      "docs/rules.md D3"},
			    "%.200s below %s", n->near.with, n->near.port);
		pb_say_missing(f, "host/interrupts.csv, rows of kind neighbour: whether it was busy");
		return;
	}
	if (n->near.rate < PB_NEIGHBOUR_BUSY || !is_flat(&n->s))
		return;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
		   "A busy disk is below the same PCIe port: measure this one alone");
	pb_say_what(
		f,
		"Throughput does not grow with depth while %.200s was busy below the same port. The port is "
		"a bottleneck for both, or this disk has reached its own limit: the disk alone tells.",
		n->near.with);
	say_uplink(f, n);
	pb_say_missing(f, "this disk measured alone: passbench run --solo DIR");
	pb_say_nature(f, "low", NULL, NULL);
}

/* R-N2: no block device on the host, so nothing there can share fairly. */
static int rule_uplink(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct sharing n;

	if (!read_sharing(&n, run))
		return 0;
	if (!n.near.known && !slowed(&n.solo)) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "Whether other disks share this one's way is not known");
		pb_say_missing(f, PCIE ", columns shared_disks and shared_with");
		return 0;
	}
	if (!n.solo.known && n.near.disks > 0)
		say_unsure(run, rule, out, &n);
	if (!slowed(&n.solo))
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE, "Neighbours cost this disk %.0f%% of its throughput",
		   100 * (1 - 1 / n.solo.ratio));
	pb_say_what(f, "Alone, the same disk, guest and profile were faster. Under VFIO the host has no "
		       "block device "
		       "to share out: what helps is a way of their own for both.");
	say_solo(f, &n);
	if (n.near.disks > 0) {
		say_uplink(f, &n);
		return 0;
	}
	pb_say_nature(f, "medium", "none", "L");
	pb_say_apply(f,
		     "give both guests CPUs, and cache ways, of their own: mkdir /sys/fs/resctrl/other; echo "
		     "'L3:0=00f' > /sys/fs/resctrl/other/schemata; echo TID > /sys/fs/resctrl/other/tasks");
	pb_say_undo(f, "rmdir /sys/fs/resctrl/other");
	pb_say_verify(f, "passbench run beside the others with --solo DIR: the same IOPS");
	return 0;
}

/* What the host's disk moved over what this guest moved; NAN when either is not known. */
static double host_excess(struct pb_run *run, const struct pb_point *top)
{
	static const struct pb_match disk[] = {{"role", "disk"}, {NULL, NULL}};
	const struct pb_table *t = pb_run_table(run, "host/block.csv");
	double host = pb_rate(t, "read_bytes", disk, top->t0_ns, top->t1_ns) +
		      pb_rate(t, "write_bytes", disk, top->t0_ns, top->t1_ns);

	return host / top->bw_bytes_s;
}

/*
 * Equal shares of what the disk carries for both, with a tenth left over so that the limit and not the disk
 * holds the neighbour back (docs/rules.md G). Only where that is less than the neighbour has.
 */
static void say_limit(struct pb_finding *f, const struct pb_run *run, const struct pb_point *top,
		      double excess)
{
	const char *block = pb_json_str(pb_run_section(run, "disk"), "block", "");
	double share = LIMIT_USED * excess * top->bw_bytes_s / 2;

	block += strncmp(block, "/dev/", 5) == 0 ? 5 : 0;
	if (!f || !(share < (excess - 1) * top->bw_bytes_s) || !block[0] ||
	    block[strspn(block, "abcdefghijklmnopqrstuvwxyz0123456789_-")])
		return;
	pb_say_apply(f, "echo 'MAJ:MIN rbps=%.0f wbps=%.0f' > /sys/fs/cgroup/SCOPE-OF-THE-NEIGHBOUR/io.max",
		     share, share);
	pb_say_apply(
		f, "passbench tune DIR --apply --rule R-N1   # finds the cgroup, limits it so, measures both "
		   "ways; never without --rule");
	pb_say_undo(f, "echo 'MAJ:MIN rbps=max wbps=max' > the same file");
	f->params = json_pack("{s:s,s:s,s:f}", "kind", "io-limit", "block", block, "bytes_s", round(share));
}

static void say_fair(struct pb_finding *f)
{
	pb_say_nature(f, NULL, "the neighbour gets slower", "L");
	pb_say_apply(f, "in proportion: echo 'MAJ:MIN enable=1' > /sys/fs/cgroup/io.cost.qos; echo 100 > "
			"/sys/fs/cgroup/machine.slice/SCOPE/io.weight");
	pb_say_apply(f, "a hard limit: virsh blkdeviotune DOMAIN vda --total-iops-sec N --live");
	pb_say_undo(f, "echo 'MAJ:MIN enable=0' > /sys/fs/cgroup/io.cost.qos; virsh blkdeviotune DOMAIN vda "
		       "--total-iops-sec 0 --live");
	pb_say_verify(
		f, "passbench run beside the others with --solo DIR: p99 less than 1.5 times that of alone");
}

/* R-N1: the host's block layer sees both and can share. */
static int rule_host_disk(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const char *cache = pb_json_str(pb_run_section(run, "attach"), "cache", "");
	bool direct = strcmp(cache, "none") == 0 || strcmp(cache, "directsync") == 0;
	struct pb_finding *f;
	struct sharing n;
	double excess;

	if (!read_sharing(&n, run))
		return 0;
	excess = direct ? host_excess(run, n.top) : NAN; /* a host cache reads ahead: that is no neighbour */
	if (isnan(excess) && !n.solo.known) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "Whether others use the same host disk is not known");
		pb_say_missing(f, direct ? PB_N("host/block.csv, rows of role disk, or this disk measured "
						"alone (--solo)")
					 : PB_N("this disk measured alone (--solo); with a host cache "
						"host/block.csv does "
						"not tell"));
		return 0;
	}
	if (!(excess > HOST_EXCESS) && !slowed(&n.solo))
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE, "Others use the same host disk");
	pb_say_what(
		f,
		"What this guest loses to them can be shared out on the host, whose block layer sees both.");
	if (excess > HOST_EXCESS)
		pb_say_fact(f,
			    &(struct pb_fact){"host/block.csv", "read_bytes", n.top->t0_ns, n.top->t1_ns,
					      excess, HOST_EXCESS, "ratio", "docs/rules.md R-N1"},
			    "the host's disk moved %.2f times what this guest did", excess);
	if (n.solo.known)
		say_solo(f, &n);
	say_fair(f);
	if (excess > HOST_EXCESS)
		say_limit(f, run, n.top, excess);
	pb_say_nature(f, slowed(&n.solo) ? "high" : "low", NULL, NULL);
	if (!n.solo.known)
		pb_say_missing(f, "what they cost: this disk measured alone (--solo)");
	return 0;
}

static const struct pb_rule rules[] = {
	{"R-N1", "others use the same host disk", "virtio-blk", "docs/rules.md G", rule_host_disk},
	{"R-N2", "other disks below the same PCIe port, or slower than alone", "vfio,local",
	 "docs/rules.md G, D3", rule_uplink},
	{"neighbour-load", "throughput that follows a neighbour's load", "vfio,virtio-blk,local",
	 "docs/rules.md G", pb_rule_neighbour_load},
	{"neighbour-fair", "how fairly runs measured at once shared (Jain's index)", "vfio,virtio-blk,local",
	 "docs/rules.md G", pb_rule_fairness},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_neighbour = {
	.name = FAMILY,
	.help = "who else uses the disk's way: shared PCIe ports, shared host disks",
	.rules = rules,
};
