/*
 * Rule R-I2: in remapped mode every interrupt of the disk is taken by a host
 * CPU first. On a CPU that runs a vCPU it forces an exit of that vCPU; on
 * another node it costs a hop. Finds such vectors and names housekeeping CPUs
 * for them. Posted mode and managed vectors are irq.c's business.
 */
#include "analyzers/affinity.h"

#include <stdio.h>

#include "analyzers/irqctx.h"
#include "analyzers/placement.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "engine/lib/json.h"

#define FAMILY PB_IRQ_FAMILY
#define HOST_IRQS "host/interrupts.csv"

/* [ours] a CPU "runs a vCPU" when one vCPU thread was there in at least half of the samples */
#define VCPU_THERE 0.5
/* docs/rules.md R-I2, from B11: irq and softirq over 25% of a CPU */
#define IRQ_BUSY 0.25
/* [ours] a third of the 150,000/s that B11 calls a storm: one housekeeping CPU per that many interrupts */
#define IRQS_PER_CPU 50000.0
#define TARGETS_MAX 16

enum fault { FAULT_NONE, FAULT_VCPU, FAULT_FAR, FAULT_CROWDED };

/* What is wrong with taking a vector on this CPU, not looking at the other vectors. */
static enum fault fault_of(const struct pb_placement *p, int cpu)
{
	if (cpu < 0 || cpu >= PB_CPUS_MAX)
		return FAULT_NONE;
	if (p->cpu[cpu].vcpu_share >= VCPU_THERE)
		return FAULT_VCPU;
	return p->cpu[cpu].local ? FAULT_NONE : FAULT_FAR;
}

/* The one CPU that takes all moving vectors (two at least) and is busy with it, or -1. */
static int crowded_cpu(const struct pb_irqctx *c, const struct pb_placement *p)
{
	int cpu = -1;
	unsigned n = 0;

	for (size_t i = 0; i < c->host.n; i++) {
		const struct pb_vector *v = &c->host.v[i];

		if (!(v->rate >= PB_IRQ_MOVING))
			continue;
		if (n++ && v->cpu != cpu)
			return -1;
		cpu = v->cpu;
	}
	return n >= 2 && cpu >= 0 && cpu < PB_CPUS_MAX && p->cpu[cpu].irq > IRQ_BUSY ? cpu : -1;
}

static void say_fault(struct pb_finding *f, const struct pb_irqctx *c, const struct pb_placement *p,
		      const struct pb_vector *v, enum fault fault)
{
	char column[16];
	struct pb_fact e = {HOST_IRQS, column, c->top.t0_ns, c->top.t1_ns,
			    v->rate,   NAN,    "1/s",        "docs/rules.md R-I2"};

	snprintf(column, sizeof(column), "cpu%d", v->cpu);
	if (fault == FAULT_VCPU)
		pb_say_fact(
			f, &e,
			"%s: %.0f interrupts/s on CPU %d, where a vCPU thread was in %.0f%% of the samples",
			v->name, v->rate, v->cpu, 100 * p->cpu[v->cpu].vcpu_share);
	else if (fault == FAULT_FAR)
		pb_say_fact(f, &e, "%s: %.0f interrupts/s on CPU %d, which is not local to the disk", v->name,
			    v->rate, v->cpu);
	else
		pb_say_fact(f, &e,
			    "%s: %.0f interrupts/s on CPU %d with all the others, %.0f%% of it in interrupts",
			    v->name, v->rate, v->cpu, 100 * p->cpu[v->cpu].irq);
}

void pb_affinity_say_move(struct pb_finding *f, json_t *list, const struct pb_vector *v, int cpu)
{
	char to[16];

	snprintf(to, sizeof(to), "%d", cpu);
	if (v->irq != PB_NA) {
		pb_say_apply(f, "echo %s > /proc/irq/%lld/smp_affinity_list   # %s", to, (long long)v->irq,
			     v->name);
		if (*v->allowed)
			pb_say_undo(f, "echo %s > /proc/irq/%lld/smp_affinity_list   # %s", v->allowed,
				    (long long)v->irq, v->name);
	}
	json_array_append_new(list,
			      json_pack("{s:s,s:o,s:o,s:s}", "name", v->name, "irq",
					v->irq == PB_NA ? json_null() : json_integer(v->irq), "old",
					*v->allowed ? json_string(v->allowed) : json_null(), "new", to));
}

struct plan {
	int target[TARGETS_MAX];
	unsigned n;
	int crowded; /* CPU or -1 */
	unsigned faults;
};

static void plan_make(struct plan *plan, const struct pb_irqctx *c, const struct pb_placement *p)
{
	unsigned want = 1 + (unsigned)(c->host.rate / IRQS_PER_CPU), have;

	*plan = (struct plan){.crowded = crowded_cpu(c, p)};
	for (size_t i = 0; i < c->host.n; i++) {
		const struct pb_vector *v = &c->host.v[i];

		plan->faults +=
			v->rate >= PB_IRQ_MOVING && v->managed != 1 && fault_of(p, v->cpu) != FAULT_NONE;
	}
	if (plan->crowded >= 0 && want < 2)
		want = 2;
	have = pb_placement_housekeeping(p, plan->target, TARGETS_MAX);
	plan->n = want < have ? want : have;
}

static void say_moves(struct pb_finding *f, const struct pb_irqctx *c, const struct pb_placement *p,
		      const struct plan *plan)
{
	json_t *list = json_array();
	unsigned next = 0;

	for (size_t i = 0; i < c->host.n; i++) {
		const struct pb_vector *v = &c->host.v[i];
		enum fault fault = fault_of(p, v->cpu);

		if (fault == FAULT_NONE && plan->crowded >= 0 && v->cpu == plan->crowded)
			fault = FAULT_CROWDED;
		if (fault == FAULT_NONE || v->managed == 1)
			continue;
		if (v->rate >= PB_IRQ_MOVING)
			say_fault(f, c, p, v, fault);
		pb_affinity_say_move(f, list, v, plan->target[next++ % plan->n]);
	}
	if (f)
		f->params = json_pack("{s:s,s:o}", "kind", "irq-affinity", "vectors", list);
	else
		json_decref(list);
}

static void say_target(struct pb_finding *f, const struct pb_irqctx *c, const struct pb_placement *p,
		       const struct plan *plan)
{
	for (unsigned i = 0; i < plan->n; i++) {
		const struct pb_cpu_use *u = &p->cpu[plan->target[i]];

		pb_say_fact(f,
			    &(struct pb_fact){"host/cpu.csv", "idle_ns", c->top.t0_ns, c->top.t1_ns, u->busy,
					      NAN, "share", ""},
			    "CPU %d is free for it: %.0f%% busy, no vCPU%s%s", plan->target[i], 100 * u->busy,
			    p->have_node ? PB_N(", local to the disk") : "",
			    p->have_topology ? PB_N(", no vCPU on its core") : "");
	}
}

static void say_lacks(struct pb_finding *f, const struct pb_irqctx *c, const struct pb_placement *p,
		      struct pb_run *run)
{
	if (c->by_completions)
		pb_say_missing(f, "%s: guest interrupts; the ratio was taken against completions",
			       c->guest_file);
	if (!pb_run_table(run, "host/affinity.csv"))
		pb_say_missing(f, "host/affinity.csv: the present masks; tune reads them before it writes");
	if (!p->have_topology)
		pb_say_missing(f, "topology.xml: which CPUs share a core");
	if (!p->have_node)
		pb_say_missing(f, "the disk's NUMA node (firmware does not say): every CPU counted as local");
}

static void say_affinity(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
			 const struct pb_irqctx *c, const struct pb_placement *p, const struct plan *plan)
{
	struct pb_finding *f =
		pb_say(out, rule, FAMILY, PB_SEV_ADVICE, "Move the vfio vectors to housekeeping %s %d%s",
		       plan->n > 1 ? PB_N("CPUs") : PB_N("CPU"), plan->target[0],
		       plan->n > 1 ? PB_N(" and others") : "");

	pb_say_what(f, "Interrupts are remapped: each is taken by a host CPU and then injected. On a CPU "
		       "that runs a vCPU it stops that vCPU first; "
		       "on a CPU that runs none it costs one wake-up. Gains depend on the workload, so tune "
		       "measures both ways.");
	say_moves(f, c, p, plan);
	pb_say_fact(f,
		    &(struct pb_fact){HOST_IRQS, "name", c->top.t0_ns, c->top.t1_ns, c->ratio,
				      PB_IRQ_RATIO_REMAPPED, "ratio", "docs/rules.md R-I2"},
		    "%.2f host interrupts per %s: remapped, not posted", c->ratio,
		    c->by_completions ? PB_N("completion") : PB_N("guest interrupt"));
	say_target(f, c, p, plan);
	pb_say_verify(f, "effective_affinity_list of each vector, and its counts in /proc/interrupts grow on "
			 "the new CPU only");
	pb_say_nature(f, c->by_completions ? "low" : "medium",
		      "the new CPU takes the interrupt load; nothing is lost when undone", "L");
	say_lacks(f, c, p, run);
}

static void say_no_room(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
			const struct pb_irqctx *c, const struct pb_placement *p)
{
	struct pb_finding *f =
		pb_say(out, rule, FAMILY, PB_SEV_INFO,
		       "The vfio vectors share CPUs with the vCPUs and no CPU is free for them");

	pb_say_what(f, "Every CPU local to the disk runs a vCPU or shares a core with one. Leave one free, "
		       "with fewer vCPUs or other pins, and measure again.");
	for (size_t i = 0; i < c->host.n; i++)
		if (c->host.v[i].rate >= PB_IRQ_MOVING && fault_of(p, c->host.v[i].cpu) != FAULT_NONE)
			say_fault(f, c, p, &c->host.v[i], fault_of(p, c->host.v[i].cpu));
	say_lacks(f, c, p, run);
}

static void say_blind(const struct pb_rule *rule, struct pb_findings *out, const struct pb_placement *p)
{
	struct pb_finding *f =
		pb_say(out, rule, FAMILY, PB_SEV_INFO, "The placement of the vfio vectors cannot be judged");

	if (!p->have_threads)
		pb_say_missing(f, "host/threads.csv, columns role and last_cpu: where the vCPU threads run");
	if (!p->have_cpu)
		pb_say_missing(f, "host/cpu.csv, columns idle_ns and iowait_ns: which CPU has room");
}

/* A crowded CPU that is the only candidate itself leaves nothing to do. */
static bool worth_moving(const struct plan *plan)
{
	if (plan->n == 0)
		return false;
	return plan->faults || (plan->crowded >= 0 && (plan->n > 1 || plan->target[0] != plan->crowded));
}

int pb_rule_affinity(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_placement p;
	struct pb_irqctx c;
	struct plan plan;
	int ret = pb_irqctx_init(&c, run);

	if (ret < 0)
		return ret;
	if (c.mode != PB_IRQ_REMAPPED) {
		pb_irqctx_fini(&c);
		return 0; /* posted: masks have no effect; unknown: R-I3 says what is missing */
	}
	ret = pb_placement_read(&p, run, c.top.t0_ns, c.top.t1_ns);
	if (ret < 0) {
		pb_irqctx_fini(&c);
		return ret;
	}
	plan_make(&plan, &c, &p);
	if (!p.have_threads || !p.have_cpu)
		say_blind(rule, out, &p);
	else if (worth_moving(&plan))
		say_affinity(run, rule, out, &c, &p, &plan);
	else if (plan.faults)
		say_no_room(run, rule, out, &c, &p);
	pb_placement_fini(&p);
	pb_irqctx_fini(&c);
	return 0;
}
