/*
 * Rules of thumb that people quote, checked against this run: numbers and whether they fit, never advice. One
 * run has no bare metal to compare with; `poc --attach` has (family paths).
 */
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/iocost.h"
#include "analyzers/jitter.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/uplink.h"
#include "analyzers/workpoint.h"
#include "engine/lib/json.h"

#define FAMILY PB_THUMB_FAMILY
#define THREADS "host/threads.csv"
#define BLOCK "host/block.csv"

/* docs/rules.md thumb-cpu: what people quote */
#define CPU_SHARE 0.30
#define PER_IOPS 1e5
/* [ours] fewer merges than that are none */
#define MERGES 0.01

/* CPU time of QEMU in CPUs (seconds a second); NAN = unknown. */
struct spent {
	double all, guest, irq;
};

static bool spent_read(struct spent *s, struct pb_run *run, const struct pb_rule *rule,
		       struct pb_findings *out, struct pb_point *p)
{
	const struct pb_table *t = pb_run_table(run, THREADS);

	if (!pb_workpoint_top(p, run))
		return false;
	s->all = pb_iocost_threads(t, "run_ns", "", p) / 1e9;
	s->guest = pb_iocost_threads(t, "guest_ns", "", p) / 1e9;
	s->irq = pb_iocost_irq_time(run, p) / 1e9;
	if (isnan(s->all))
		pb_say_lack(out, FAMILY, rule, THREADS ", column run_ns");
	return !isnan(s->all);
}

/* The rule of thumb: a virtual machine's disk costs 30% of its host. */
static int rule_cpu(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	int64_t cpus = pb_json_i64(pb_run_section(run, "host"), "cpus", 0);
	struct pb_finding *f;
	struct pb_point p;
	struct spent s;
	double cost;

	if (!spent_read(&s, run, rule, out, &p))
		return 0;
	if (isnan(s.guest) || isnan(s.irq) || cpus <= 0) {
		pb_say_lack(out, FAMILY, rule, "%s",
			    isnan(s.guest) ? PB_N(THREADS ", column guest_ns")
			    : isnan(s.irq) ? PB_N("host/cpu.csv, columns irq_ns and softirq_ns")
					   : PB_N("manifest.json, host.cpus"));
		return 0;
	}
	cost = fmax(0, s.all - s.guest + s.irq) / (double)cpus;
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
		   "Virtualization takes %.0f%% of the host's CPU here, %s the 30%% that people quote",
		   100 * cost, cost > CPU_SHARE ? PB_N("more than") : PB_N("less than"));
	pb_say_what(
		f,
		"Host CPU time of QEMU outside the guest, and of interrupt handlers, at the largest "
		"throughput. The guest's own work is not in it. What the same I/Os cost without a guest is "
		"another measurement, which passbench poc --attach makes.");
	pb_say_fact(f,
		    &(struct pb_fact){THREADS, "run_ns", p.t0_ns, p.t1_ns, cost, CPU_SHARE, "share",
				      "docs/rules.md thumb-cpu"},
		    "QEMU's threads ran %.2f CPUs, %.2f of it inside the guest; interrupt handlers took "
		    "%.2f; the "
		    "host has %lld CPUs",
		    s.all, s.guest, s.irq, (long long)cpus);
	return 0;
}

/* QEMU's CPUs for 100,000 I/Os a second. */
static int rule_qemu(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct pb_point p;
	struct spent s;
	double cpus;

	if (!spent_read(&s, run, rule, out, &p))
		return 0;
	cpus = s.all / p.iops * PER_IOPS;
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "QEMU would need %.1f CPUs for 100,000 IOPS", cpus);
	pb_say_what(
		f,
		"Host CPU time of all QEMU threads, the guest's own work included, scaled from %.0f IOPS. A "
		"straight line is a guess: compare paths and settings by it, do not size hosts with it.",
		p.iops);
	pb_say_fact(f,
		    &(struct pb_fact){THREADS, "run_ns", p.t0_ns, p.t1_ns, cpus, NAN, "CPU",
				      "docs/rules.md thumb-qemu"},
		    "%.2f CPUs at %.0f IOPS", s.all, p.iops);
	if (!isnan(s.guest))
		pb_say_fact(f,
			    &(struct pb_fact){THREADS, "guest_ns", p.t0_ns, p.t1_ns,
					      fmax(0, s.all - s.guest) / p.iops * PER_IOPS, NAN, "CPU", ""},
			    "%.1f of them outside the guest", fmax(0, s.all - s.guest) / p.iops * PER_IOPS);
	else
		pb_say_missing(f, THREADS ", column guest_ns: how much of it is the guest's own work");
	return 0;
}

/* ---- merges ---- */

/* I/Os and merges a second. */
struct merges {
	double ios, merged;
};

static struct merges merges_of(const struct pb_table *t, const struct pb_match *m, const struct pb_point *p)
{
	return (struct merges){pb_rate(t, "reads", m, p->t0_ns, p->t1_ns) +
				       pb_rate(t, "writes", m, p->t0_ns, p->t1_ns),
			       pb_rate(t, "read_merges", m, p->t0_ns, p->t1_ns) +
				       pb_rate(t, "write_merges", m, p->t0_ns, p->t1_ns)};
}

static double share(const struct merges *m)
{
	double all = m->ios + m->merged;

	return all > 0 ? m->merged / all : NAN;
}

static void say_merges(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
		       const struct pb_point *p, const struct merges *guest, const struct merges *host,
		       const char *file)
{
	const char *rw = pb_json_str(pb_run_section(run, "profile"), "rw", "");
	bool streams = *rw && strncmp(rw, "rand", 4) != 0;
	bool none = !(share(guest) > MERGES) && !(share(host) > MERGES);
	struct pb_finding *f =
		pb_say(out, rule, FAMILY, PB_SEV_INFO, "%s",
		       !streams ? PB_N("Merging I/Os: random ones leave nothing to merge")
		       : none   ? PB_N("Adjacent I/Os reach the disk one by one: nobody merges them")
				: PB_N("Adjacent I/Os are merged on their way"));

	pb_say_what(
		f, "People say that a virtual machine loses the merging of adjacent I/Os. %s",
		streams && none
			? PB_N("Here nobody merges: larger I/Os from the application would do the same work "
			       "with fewer of them. With O_DIRECT and no scheduler that is so on bare metal, "
			       "too.")
			: PB_N("Here nothing is lost by it."));
	if (!isnan(share(guest)))
		pb_say_fact(f,
			    &(struct pb_fact){file, "read_merges", p->t0_ns, p->t1_ns, share(guest), MERGES,
					      "share", "docs/rules.md thumb-merges"},
			    "the guest merged %.1f%% of its I/Os and sent %.0f/s", 100 * share(guest),
			    guest->ios);
	if (!isnan(share(host)))
		pb_say_fact(f,
			    &(struct pb_fact){BLOCK, "read_merges", p->t0_ns, p->t1_ns, share(host), MERGES,
					      "share", "docs/rules.md thumb-merges"},
			    "the host merged %.1f%% of its I/Os and sent %.0f/s to the disk",
			    100 * share(host), host->ios);
	if (guest->ios > 0 && host->ios > 0)
		pb_say_fact(f,
			    &(struct pb_fact){BLOCK, "reads", p->t0_ns, p->t1_ns, host->ios / guest->ios, NAN,
					      "ratio", ""},
			    "%.2f I/Os of the host's disk for each of the guest's", host->ios / guest->ios);
}

static int rule_merges(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	static const struct pb_match disk[] = {{"role", "disk"}, {NULL, NULL}};
	bool virtio = strcmp(pb_run_path(run), "virtio-blk") == 0;
	struct merges guest, host = {NAN, NAN};
	struct pb_point p;
	char file[300];

	if (!pb_workpoint_top(&p, run))
		return 0;
	pb_run_guest_file(run, file, sizeof(file), "block.csv");
	guest = merges_of(pb_run_table(run, file), NULL, &p);
	if (virtio)
		host = merges_of(pb_run_table(run, BLOCK), disk, &p);
	if (isnan(guest.merged))
		pb_say_lack(out, FAMILY, rule, "%s, columns read_merges and write_merges", file);
	if (virtio && isnan(host.merged))
		pb_say_lack(out, FAMILY, rule, BLOCK ", columns read_merges and write_merges of the disk");
	if (!isnan(share(&guest)) || !isnan(share(&host)))
		say_merges(run, rule, out, &p, &guest, &host, file);
	return 0;
}

/* ---- layers such as encryption between the disk and the hardware ---- */

/* Mean time of an I/O in that block device, in ns; NAN = unknown. */
static double io_time(const struct pb_table *t, const struct pb_match *m, const struct pb_point *p)
{
	double ios = pb_rate(t, "reads", m, p->t0_ns, p->t1_ns) + pb_rate(t, "writes", m, p->t0_ns, p->t1_ns);

	return ios > 0 ? (pb_rate(t, "read_ns", m, p->t0_ns, p->t1_ns) +
			  pb_rate(t, "write_ns", m, p->t0_ns, p->t1_ns)) /
				 ios
		       : NAN;
}

static int rule_layers(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	static const struct pb_match top[] = {{"role", "disk"}, {NULL, NULL}},
				     under[] = {{"role", "below"}, {NULL, NULL}};
	const struct pb_table *t = pb_run_table(run, BLOCK);
	struct pb_strv below = {0};
	struct pb_finding *f;
	double whole, least = NAN;
	struct pb_point p;

	pb_distinct(t, "block", under, &below);
	if (below.n == 0 || !pb_workpoint_top(&p, run)) {
		pb_strv_fini(&below);
		return 0; /* no layers, nothing to lack */
	}
	whole = io_time(t, top, &p);
	for (size_t i = 0; i < below.n; i++) {
		const struct pb_match m[] = {{"block", below.v[i]}, {"role", "below"}, {NULL, NULL}};
		double v = io_time(t, m, &p);

		if (!isnan(v) && !(least <= v))
			least = v;
	}
	pb_strv_fini(&below);
	if (isnan(whole) || isnan(least)) {
		pb_say_lack(out, FAMILY, rule,
			    BLOCK ", columns read_ns and write_ns of the disk and of what is "
				  "below it");
		return 0;
	}
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Layers above the hardware take %.0f%% of an I/O's time",
		   100 * fmax(0, 1 - least / whole));
	pb_say_what(
		f,
		"The disk is made of others (encryption, volumes, RAID). This is the time an I/O spends in "
		"those layers, as both ends count it. Their CPU time is not in it; the same disk without "
		"them tells that: two runs, then passbench compare.");
	pb_say_fact(f,
		    &(struct pb_fact){BLOCK, "read_ns", p.t0_ns, p.t1_ns, (whole - least) / 1e3, NAN, "us",
				      "docs/rules.md thumb-layers"},
		    "%.0f us in the disk, %.0f us in the fastest device below it", whole / 1e3, least / 1e3);
	return 0;
}

static const struct pb_rule rules[] = {
	{"thumb-cpu", "QEMU's CPU outside the guest against 30% of the host", "vfio,virtio-blk",
	 "docs/rules.md thumb", rule_cpu},
	{"thumb-qemu", "QEMU's CPUs for 100,000 IOPS", "vfio,virtio-blk", "docs/rules.md thumb", rule_qemu},
	{"thumb-jitter", "p99.9 less p50, and whether it comes at intervals", "vfio,virtio-blk,local",
	 "docs/rules.md thumb", pb_jitter_rule},
	{"thumb-merges", "who merges adjacent I/Os", "vfio,virtio-blk,local", "docs/rules.md thumb",
	 rule_merges},
	{"thumb-layers", "time in layers such as encryption above the hardware", "virtio-blk,local",
	 "docs/rules.md thumb", rule_layers},
	{"thumb-uplink", "what several disks below one port leave each other", "vfio,virtio-blk,local",
	 "docs/rules.md thumb", pb_uplink_rule},
	{"thumb-lacks", "rules of this family that lack a counter", "vfio,virtio-blk,local", "docs/rules.md",
	 pb_say_lacks},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_thumb = {
	.name = FAMILY,
	.help = "rules of thumb, checked: host CPU, CPUs per 100,000 IOPS, jitter, merges, layers, uplinks",
	.rules = rules,
};
