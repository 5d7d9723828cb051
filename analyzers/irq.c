/*
 * Interrupts: how they reach the guest, whether they storm, whether anything
 * will move them, and what cannot be changed. Where vectors should go is
 * affinity.c's rule R-I2, in this family.
 */
#include <string.h>

#include "analyzers/affinity.h"
#include "analyzers/analyzer.h"
#include "analyzers/cachemode.h"
#include "analyzers/coalesce.h"
#include "analyzers/irqctx.h"
#include "analyzers/irqload.h"
#include "analyzers/posted.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "engine/lib/json.h"

#define FAMILY PB_IRQ_FAMILY
#define HOST_IRQS "host/interrupts.csv"

/* docs/rules.md R-I10: a vector that interrupts more often than it completes is faulty or shared */
#define STORM_PER_IO 1.5
/* [ours] vectors listed one by one in a finding; the rest are summed up */
#define VECTORS_LISTED 16

static struct pb_fact fact(const struct pb_irqctx *c, const char *file, const char *column, double value)
{
	return (struct pb_fact){file, column, c->top.t0_ns, c->top.t1_ns, value, NAN, "1/s", ""};
}

static bool is_nvme_queue(const char *name)
{
	return strncmp(name, "nvme", 4) == 0 && strchr(name, 'q') != NULL;
}

static void say_managed(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
			const struct pb_irqctx *c, const struct pb_vectors *vs, const char *where,
			const char *file)
{
	const char *dev = pb_run_guest_dev(run, "nvme0n1");
	struct pb_finding *f =
		pb_say(out, rule, FAMILY, PB_SEV_INFO,
		       "The NVMe vectors %s are managed: place the jobs, not the interrupts", where);
	struct pb_fact e;

	pb_say_what(f,
		    "The kernel %s assigns one vector per queue to fixed CPUs and refuses writes to "
		    "their masks (EPERM or EIO). "
		    "A completion is local when the job runs on the queue's CPUs.",
		    where);
	for (size_t i = 0; i < vs->n && i < VECTORS_LISTED; i++) {
		if (!is_nvme_queue(vs->v[i].name) || !(vs->v[i].rate >= PB_IRQ_MOVING))
			continue;
		e = fact(c, file, "name", vs->v[i].rate);
		pb_say_fact(f, &e, "%s: %.0f interrupts/s, on CPU %d %s", vs->v[i].name, vs->v[i].rate,
			    vs->v[i].cpu, where);
	}
	pb_say_verify(f, "%s: grep . /sys/block/%s/mq/*/cpu_list shows which CPUs complete on which queue",
		      where, dev);
}

static bool any_nvme(const struct pb_vectors *vs, int managed)
{
	for (size_t i = 0; i < vs->n; i++)
		if (is_nvme_queue(vs->v[i].name) && (managed == 0 || vs->v[i].managed == managed))
			return true;
	return false;
}

/* R-I1: managed vectors are named and left alone. */
static int rule_managed(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	bool vfio = strcmp(pb_run_path(run), "vfio") == 0;
	struct pb_irqctx c;
	int ret = pb_irqctx_init(&c, run);

	if (ret < 0)
		return ret;
	/* The NVMe driver always asks for managed vectors; on the host the mask's mode was looked at as well.
	 */
	if (vfio && any_nvme(&c.guest, 0))
		say_managed(run, rule, out, &c, &c.guest, PB_N("in the guest"), c.guest_file);
	else if (!vfio && any_nvme(&c.host, 1))
		say_managed(run, rule, out, &c, &c.host, PB_N("on the host"), HOST_IRQS);
	else if (!vfio && any_nvme(&c.host, -1)) {
		struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
					      "Whether the disk's vectors can be moved is not known");

		pb_say_missing(f, "host/affinity.csv, column managed");
	}
	pb_irqctx_fini(&c);
	return 0;
}

static void say_posted(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
		       const struct pb_irqctx *c)
{
	static const char *const rows[] = {"PIN", "PIW"};
	const struct pb_table *t = pb_run_table(run, HOST_IRQS);
	struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
				      "Interrupts are posted to the vCPUs: a quiet vfio line is healthy");
	struct pb_fact e = fact(c, c->guest_file, "name", c->ratio);

	pb_say_what(f, "The IOMMU writes vectors into the vCPU's descriptor, so the host's vfio lines hardly "
		       "count while the guest's do. "
		       "Masks of vfio vectors have no effect in this mode: the vector follows the vCPU. Pin "
		       "vCPUs instead.");
	e.threshold = PB_IRQ_RATIO_POSTED;
	e.unit = "ratio";
	e.source = "docs/rules.md R-I3";
	pb_say_fact(f, &e, "guest %.0f interrupts/s, host vfio lines %.0f/s: ratio %.3f", c->guest.rate,
		    c->host.rate, c->ratio);
	for (int i = 0; i < 2; i++) {
		double r = pb_vector_rate(t, rows[i], c->top.t0_ns, c->top.t1_ns, NULL);

		if (isnan(r))
			continue;
		e = fact(c, HOST_IRQS, rows[i], r);
		pb_say_fact(f, &e,
			    i == 0 ? PB_N("notifications taken by the host (PIN): %.0f/s")
				   : PB_N("wake-ups of halted vCPUs (PIW): %.0f/s"),
			    r);
	}
}

/* R-I3: posted interrupts; also says when the mode cannot be told. */
static int rule_posted(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_irqctx c;
	int ret = pb_irqctx_init(&c, run);

	if (ret < 0)
		return ret;
	if (c.mode == PB_IRQ_POSTED) {
		say_posted(run, rule, out, &c);
	} else if (c.mode != PB_IRQ_REMAPPED) {
		struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
					      "How interrupts reach the guest cannot be told");

		pb_say_what(f, "Remapped interrupts count on the host as often as in the guest, posted ones "
			       "hardly at all; here it is neither, or one side is unknown. "
			       "No change of interrupt affinity is recommended on that basis.");
		if (!c.have_window)
			pb_say_missing(f, "steps.csv: a valid step, whose window rates are taken over");
		if (isnan(c.host.rate))
			pb_say_missing(f, HOST_IRQS ": counts of the vfio vectors in the measured window");
		if (!(c.guest.rate >= PB_IRQ_MOVING))
			pb_say_missing(f, "%s: counts of the disk's vectors in the guest", c.guest_file);
		if (c.mode == PB_IRQ_MIXED) {
			struct pb_fact e = fact(&c, HOST_IRQS, "name", c.ratio);

			e.unit = "ratio";
			pb_say_fact(f, &e, "%.2f host interrupts per guest interrupt", c.ratio);
		}
	}
	pb_irqctx_fini(&c);
	return 0;
}

/* R-I6: irqbalance would undo any placement of vfio vectors within ten seconds. */
static int rule_irqbalance(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_irqctx c;
	struct pb_finding *f;
	struct pb_fact e;
	int ret;

	if (!json_is_true(json_object_get(pb_run_section(run, "host"), "irqbalance")))
		return 0;
	ret = pb_irqctx_init(&c, run);
	if (ret < 0)
		return ret;
	if (c.mode == PB_IRQ_REMAPPED) {
		f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
			   "irqbalance runs and will move the vfio vectors: exclude them");
		pb_say_what(f, "irqbalance rewrites the mask of every vector it is not told to leave alone, "
			       "about every ten seconds. "
			       "A placement of the vfio vectors, by hand or by tune, does not last.");
		pb_say_fact(f,
			    &(struct pb_fact){"manifest.json", "host.irqbalance", 0, 0, 1, NAN, "",
					      "docs/rules.md R-I6"},
			    "irqbalance was running during the measurement");
		e = fact(&c, HOST_IRQS, "name", c.host.rate);
		pb_say_fact(f, &e, "%zu vfio vectors, %.0f interrupts/s", c.host.n, c.host.rate);
		pb_say_nature(f, "high", "irqbalance restarts and forgets bans given over its socket", "L");
		pb_say_apply(f, "add --banmod=vfio to irqbalance's arguments (OPTIONS in "
				"/etc/default/irqbalance), then: systemctl restart irqbalance");
		pb_say_undo(f, "remove --banmod=vfio from irqbalance's arguments, then: systemctl restart "
			       "irqbalance");
		pb_say_verify(f, "effective_affinity_list of the vfio vectors is unchanged after 30 s");
	}
	pb_irqctx_fini(&c);
	return 0;
}

/*
 * Requests that complete, per second: the workload's I/Os, and the flushes between them, which no I/O counter
 * of a load generator has. A workload that flushes on a kernel that does not count them (before 5.5) may
 * flush after each.
 */
static double requests_rate(struct pb_run *run, const struct pb_irqctx *c)
{
	struct pb_workload w;
	char name[300];
	double flushes;

	pb_workload_read(&w, run);
	if (!w.writes)
		return c->top.iops;
	flushes = pb_rate(pb_run_table(run, pb_run_guest_file(run, name, sizeof(name), "block.csv")),
			  "flushes", NULL, c->top.t0_ns, c->top.t1_ns);
	if (isnan(flushes))
		flushes = strcmp(w.durability, "none") == 0 ? 0 : c->top.iops;
	return c->top.iops + flushes;
}

/* R-I10: more interrupts than completions. */
static int rule_storm(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const struct pb_vectors *vs;
	const char *file;
	struct pb_irqctx c;
	double per_io;
	int ret = pb_irqctx_init(&c, run);

	if (ret < 0)
		return ret;
	vs = isnan(c.guest.rate) ? &c.host : &c.guest;
	file = isnan(c.guest.rate) ? HOST_IRQS : c.guest_file;
	per_io = c.have_window && c.top.iops > 0 ? vs->rate / requests_rate(run, &c) : NAN;
	if (isnan(per_io)) {
		struct pb_finding *f =
			pb_say(out, rule, FAMILY, PB_SEV_INFO, "Interrupts per I/O are not known");

		pb_say_missing(f,
			       "%s or " HOST_IRQS ": counts of the disk's vectors in a valid step's window",
			       c.guest_file);
	} else if (per_io > STORM_PER_IO) {
		struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_CRITICAL,
					      "Interrupt storm: %.2f interrupts per I/O", per_io);
		struct pb_fact e = fact(&c, file, "name", per_io);

		e.threshold = STORM_PER_IO;
		e.unit = "1/IO";
		e.source = "docs/rules.md R-I10";
		pb_say_what(f, "A completion raises one interrupt at most, and batching makes it fewer. More "
			       "means a fault of device or driver, "
			       "or a line shared with something else; numbers measured under it say nothing "
			       "about the disk.");
		pb_say_fact(f, &e, "%.0f interrupts/s at %.0f completions/s", vs->rate, vs->rate / per_io);
		pb_say_verify(f, "grep . /proc/irq/*/spurious: \"unhandled\" must not grow; dmesg has no "
				 "\"Disabling IRQ\"");
	}
	pb_irqctx_fini(&c);
	return 0;
}

static void say_vectors(struct pb_finding *f, const struct pb_irqctx *c, const struct pb_vectors *vs,
			const char *file, const char *where)
{
	size_t listed = 0;

	for (size_t i = 0; i < vs->n && listed < VECTORS_LISTED; i++) {
		const struct pb_vector *v = &vs->v[i];
		struct pb_fact e = fact(c, file, "name", v->rate);

		if (!(v->rate >= PB_IRQ_MOVING))
			continue;
		pb_say_fact(f, &e, "%s %s: %.0f/s, mostly on CPU %d, %.2f per I/O", where, v->name, v->rate,
			    v->cpu, v->rate / c->top.iops);
		listed++;
	}
}

/* Rates per vector: what a reader looks for first. */
static int rule_rates(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_irqctx c;
	int ret = pb_irqctx_init(&c, run);

	if (ret < 0)
		return ret;
	if (!isnan(c.guest.rate) || !isnan(c.host.rate)) {
		double rate = isnan(c.guest.rate) ? c.host.rate : c.guest.rate;
		struct pb_finding *f =
			pb_say(out, rule, FAMILY, PB_SEV_INFO, "%.2f interrupts per I/O at depth %lld",
			       rate / c.top.iops, (long long)c.top.depth);

		pb_say_what(f,
			    "Rates of the disk's vectors while throughput was largest (%.0f IOPS). Below one "
			    "per I/O, completions share interrupts.",
			    c.top.iops);
		say_vectors(f, &c, &c.guest, c.guest_file, "guest");
		say_vectors(f, &c, &c.host, HOST_IRQS, "host");
		if (isnan(c.guest.rate))
			pb_say_missing(f, "%s: counts of the disk's vectors", c.guest_file);
		if (isnan(c.host.rate))
			pb_say_missing(f, HOST_IRQS ": counts of the disk's vectors");
	}
	pb_irqctx_fini(&c);
	return 0;
}

/* Nothing above found anything to change. */
static int rule_ok(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_irqctx c;
	int ret;

	if (pb_said(out, FAMILY))
		return 0;
	ret = pb_irqctx_init(&c, run);
	if (ret < 0)
		return ret;
	if (!isnan(c.host.rate) || !isnan(c.guest.rate)) {
		struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Interrupts: no change needed");
		struct pb_fact e = fact(&c, isnan(c.host.rate) ? c.guest_file : HOST_IRQS, "name",
					isnan(c.host.rate) ? c.guest.rate : c.host.rate);

		pb_say_what(f, "No rule of this family found a reason to move a vector or to change how "
			       "interrupts are delivered.");
		pb_say_fact(f, &e, "%.0f interrupts/s of the disk in the window of depth %lld", e.value,
			    (long long)c.top.depth);
	}
	pb_irqctx_fini(&c);
	return 0;
}

#define ALL "vfio,virtio-blk,local"

static const struct pb_rule rules[] = {
	{"R-I1", "managed vectors: named, and never written to", ALL, "docs/rules.md B1", rule_managed},
	{"R-I2", "vfio vectors on a vCPU's CPU, on a far node, or all on one busy CPU", "vfio",
	 "docs/rules.md B2, B6", pb_rule_affinity},
	{"R-I3", "posted interrupts: a quiet vfio line is healthy, masks have no effect", "vfio",
	 "docs/rules.md B3", rule_posted},
	{"R-I4", "posted interrupts off although the IOMMU has them (Intel)", "vfio", "docs/rules.md B3, E5",
	 pb_posted_intel_rule},
	{"R-I5", "posted interrupts off although the IOMMU has them (AMD)", "vfio", "docs/rules.md B3, E5",
	 pb_posted_amd_rule},
	{"R-I6", "irqbalance will move vfio vectors", "vfio", "docs/rules.md B4", rule_irqbalance},
	{"R-I8", "an interrupt for each completion where batches would fill at once", "vfio,local",
	 "docs/rules.md B7", pb_coalesce_on_rule},
	{"R-I9", "interrupt coalescing at a low depth", "vfio,local", "docs/rules.md B7",
	 pb_coalesce_off_rule},
	{"R-I10", "more than 1.5 interrupts per I/O", ALL, "docs/rules.md B11", rule_storm},
	{"irq-one-cpu", "all vectors of the disk interrupt one busy CPU", ALL, "docs/rules.md B11",
	 pb_irqload_one_cpu_rule},
	{"irq-storm", "a CPU with 150,000 interrupts/s, or a quarter of its time in them", ALL,
	 "docs/rules.md B11", pb_irqload_storm_rule},
	{"irq-neighbour", "other work on the CPU that takes the disk's interrupts", "vfio,virtio-blk",
	 "docs/rules.md B6", pb_irqload_neighbour_rule},
	{"irq-rates", "interrupt rate of every vector, interrupts per I/O", ALL, "docs/rules.md", rule_rates},
	{"irq-lacks", "rules of this family that lack a counter", ALL, "docs/rules.md", pb_say_lacks},
	{"irq-ok", "nothing to change", ALL, "docs/rules.md", rule_ok},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_irq = {
	.name = FAMILY,
	.help = "interrupts: delivery mode, vector placement, storms, what moves them",
	.rules = rules,
};
