/*
 * The CPUs that take the disk's interrupts: how many they take, how much of their time it costs, whether one
 * takes all, and who else works there. How interrupts are delivered is irq.c's business, which vfio vectors
 * are on a vCPU's CPU affinity.c's.
 */
#include "analyzers/irqload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/affinity.h"
#include "analyzers/cpuwork.h"
#include "analyzers/irqctx.h"
#include "analyzers/placement.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "engine/lib/json.h"

#define FAMILY PB_IRQ_FAMILY
#define HOST_CPU "host/cpu.csv"
#define HOST_IRQS "host/interrupts.csv"

/* docs/rules.md irq-storm, from B11: what people call a storm */
#define STORM_RATE 150000.0
#define STORM_SHARE 0.25
/* [ours] below this rate the time in handlers is not the disk's */
#define STORM_RATE_MIN 10000.0
/* docs/rules.md irq-one-cpu: another CPU that could take some spends less than this on interrupts */
#define IDLE_SHARE 0.10
/* [ours] more than this share of a CPU used by others is a neighbour, not noise: as in the family limit */
#define NEIGHBOUR_SHARE 0.50
/* [ours] a CPU to move to must be less busy by this share */
#define BETTER_BY 0.20

/* One side's CPUs: what they take of the disk's interrupts. */
struct side {
	const char *where; /* "on the host", "in the guest" */
	const char *irqs;  /* file of the counts */
	char cpus[300];    /* file of the times */
	const struct pb_vectors *v;
	double *rate, *share; /* by CPU, PB_CPUS_MAX; share NAN = unknown */
	unsigned moving;      /* vectors */
};

static double share_of(const struct pb_table *t, const char *cpu, const struct pb_irqctx *c)
{
	const struct pb_match m[] = {{"cpu", cpu}, {NULL, NULL}};

	return (pb_rate(t, "irq_ns", m, c->top.t0_ns, c->top.t1_ns) +
		pb_rate(t, "softirq_ns", m, c->top.t0_ns, c->top.t1_ns)) /
	       1e9;
}

static bool side_read(struct side *s, struct pb_run *run, const struct pb_irqctx *c, bool host)
{
	const struct pb_table *t;
	struct pb_strv cpus = {0};

	*s = (struct side){.where = host ? PB_N("on the host") : PB_N("in the guest"),
			   .irqs = host ? HOST_IRQS : c->guest_file,
			   .v = host ? &c->host : &c->guest,
			   .rate = calloc(PB_CPUS_MAX, sizeof(double)),
			   .share = calloc(PB_CPUS_MAX, sizeof(double))};
	if (!s->rate || !s->share)
		return false;
	if (host)
		snprintf(s->cpus, sizeof(s->cpus), HOST_CPU);
	else
		pb_run_guest_file(run, s->cpus, sizeof(s->cpus), "cpu.csv");
	for (int i = 0; i < PB_CPUS_MAX; i++)
		s->share[i] = NAN;
	t = pb_run_table(run, s->cpus);
	pb_distinct(t, "cpu", NULL, &cpus);
	for (size_t i = 0; i < cpus.n; i++) {
		long n = strtol(cpus.v[i], NULL, 10);

		if (n >= 0 && n < PB_CPUS_MAX)
			s->share[n] = share_of(t, cpus.v[i], c);
	}
	pb_strv_fini(&cpus);
	for (size_t i = 0; i < s->v->n; i++) {
		const struct pb_vector *v = &s->v->v[i];

		if (!(v->rate >= PB_IRQ_MOVING) || v->cpu < 0 || v->cpu >= PB_CPUS_MAX)
			continue;
		s->rate[v->cpu] += v->rate;
		s->moving++;
	}
	return true;
}

static void side_fini(struct side *s)
{
	free(s->rate);
	free(s->share);
}

static void say_cpu(struct pb_finding *f, const struct side *s, const struct pb_irqctx *c, int cpu)
{
	char column[16];

	snprintf(column, sizeof(column), "cpu%d", cpu);
	pb_say_fact(f,
		    &(struct pb_fact){s->irqs, column, c->top.t0_ns, c->top.t1_ns, s->rate[cpu], STORM_RATE,
				      "1/s", "docs/rules.md irq-storm"},
		    "%s, CPU %d takes %.0f interrupts/s of the disk", s->where, cpu, s->rate[cpu]);
	if (!isnan(s->share[cpu]))
		pb_say_fact(f,
			    &(struct pb_fact){s->cpus, "irq_ns", c->top.t0_ns, c->top.t1_ns, s->share[cpu],
					      STORM_SHARE, "share", "docs/rules.md irq-storm"},
			    "%s, CPU %d spends %.0f%% of its time in interrupt and softirq handlers",
			    s->where, cpu, 100 * s->share[cpu]);
}

/* What can be done about many handled interrupts depends on who drives the disk. */
static void say_fewer(struct pb_finding *f, const struct pb_run *run)
{
	const char *path = pb_run_path(run), *dev = pb_run_guest_dev(run, "nvme0n1");

	if (strcmp(path, "vfio") == 0) {
		pb_say_apply(f, "in the guest: poll instead (--guest launch:poll_queues=1 with --backend "
				"uring,iopoll; options nvme poll_queues=1 elsewhere)");
		pb_say_apply(f,
			     "in the guest: run the jobs on the CPUs of several queues: grep . "
			     "/sys/block/%s/mq/*/cpu_list",
			     dev);
	} else if (strcmp(path, "local") == 0) {
		pb_say_apply(f,
			     "run the jobs on the CPUs of several queues: grep . /sys/block/%s/mq/*/cpu_list",
			     dev);
	} else {
		pb_say_apply(f, "give the virtual disk as many queues as the guest has vCPUs (num-queues=, "
				"libvirt <driver queues='N'/>)");
	}
	pb_say_undo(f, "the jobs' former CPUs; the former number of queues");
	pb_say_verify(f, "no CPU takes more than %.0f interrupts/s or spends over %.0f%% of its time on them",
		      STORM_RATE, 100 * STORM_SHARE);
}

static bool storms(const struct side *s, int cpu)
{
	return s->rate[cpu] > STORM_RATE || (s->rate[cpu] >= STORM_RATE_MIN && s->share[cpu] > STORM_SHARE);
}

static void judge_storm(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
			const struct pb_irqctx *c, const struct side *s)
{
	struct pb_finding *f = NULL;

	if (pb_said_loud(out, "irq-one-cpu"))
		return; /* the same CPU, and more precise */
	for (int cpu = 0; cpu < PB_CPUS_MAX; cpu++) {
		if (s->rate[cpu] > 0 && isnan(s->share[cpu]))
			pb_say_lack(out, FAMILY, rule, "%s, columns irq_ns and softirq_ns of CPU %d", s->cpus,
				    cpu);
		if (!storms(s, cpu))
			continue;
		if (!f) {
			f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
				   "Interrupts keep CPU %d busy %s: spread them or make fewer", cpu,
				   s->where);
			pb_say_what(f,
				    "Each of them is handled, so this is load and not a fault (that would "
				    "be R-I10). The CPU that takes them runs "
				    "out of time before the disk does. 150,000 interrupts/s or a quarter of "
				    "a CPU is where people start to call it a storm.");
			pb_say_nature(f, "medium", "jobs on other CPUs may lose their caches", "L");
			say_fewer(f, run);
		}
		say_cpu(f, s, c, cpu);
	}
}

/* Which sides there are: the host's is the guest's where there is no guest. */
static int each_side(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
		     void (*judge)(struct pb_run *, const struct pb_rule *, struct pb_findings *,
				   const struct pb_irqctx *, const struct side *))
{
	bool local = strcmp(pb_run_path(run), "local") == 0;
	struct pb_irqctx c;
	int ret = pb_irqctx_init(&c, run);

	if (ret < 0)
		return ret;
	for (int host = 1; host >= 0 && ret == 0 && c.have_window; host--) {
		struct side s;

		if (local && !host && c.host.n)
			continue;
		if (side_read(&s, run, &c, host))
			judge(run, rule, out, &c, &s);
		else
			ret = -ENOMEM;
		side_fini(&s);
	}
	if (c.have_window && !c.have_guest_file && !local)
		pb_say_lack(out, FAMILY, rule, "%s: counts of the disk's vectors", c.guest_file);
	if (c.have_window && !c.have_host_file)
		pb_say_lack(out, FAMILY, rule, HOST_IRQS ": counts of the disk's vectors");
	pb_irqctx_fini(&c);
	return ret;
}

int pb_irqload_storm_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	return each_side(run, rule, out, judge_storm);
}

/* The one CPU that takes all of at least two moving vectors, or -1. */
static int only_cpu(const struct side *s)
{
	int only = -1;

	for (int cpu = 0; cpu < PB_CPUS_MAX; cpu++) {
		if (!(s->rate[cpu] > 0))
			continue;
		if (only >= 0)
			return -1;
		only = cpu;
	}
	return s->moving >= 2 ? only : -1;
}

static bool has_idle(const struct side *s, int but)
{
	for (int cpu = 0; cpu < PB_CPUS_MAX; cpu++)
		if (cpu != but && s->share[cpu] < IDLE_SHARE)
			return true;
	return false;
}

static void judge_one_cpu(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
			  const struct pb_irqctx *c, const struct side *s)
{
	int cpu = only_cpu(s);
	struct pb_finding *f;

	if (cpu < 0)
		return;
	if (isnan(s->share[cpu])) {
		pb_say_lack(out, FAMILY, rule, "%s, columns irq_ns and softirq_ns of CPU %d", s->cpus, cpu);
		return;
	}
	/* Where vfio vectors go is R-I2's advice, with the writes that do it. */
	if (!(s->share[cpu] > STORM_SHARE) || !has_idle(s, cpu) ||
	    (s->irqs[0] == 'h' && pb_said_loud(out, "R-I2")))
		return;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE, "All %u vectors of the disk interrupt CPU %d %s",
		   s->moving, cpu, s->where);
	pb_say_what(f, "The queues complete on one CPU, which spends a good part of its time on it while "
		       "others have none of it. Several queues help only when their interrupts go to several "
		       "CPUs.");
	say_cpu(f, s, c, cpu);
	pb_say_nature(f, "medium", "none", "L");
	say_fewer(f, run);
}

int pb_irqload_one_cpu_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	return each_side(run, rule, out, judge_one_cpu);
}

/* ---- somebody else's work on the CPU that takes the interrupts ---- */

struct neighbour {
	const struct pb_irqctx *c;
	struct pb_placement p;
	struct pb_cpuwork w;
};

/* Share of the CPU that neither interrupts nor this guest explain. */
static double others(const struct neighbour *n, int cpu)
{
	double v = n->p.cpu[cpu].busy - n->p.cpu[cpu].irq - n->w.ours[cpu];

	return isnan(v) ? NAN : fmax(0, v);
}

static bool crowded(const struct neighbour *n, const struct pb_vector *v)
{
	return v->rate >= PB_IRQ_MOVING && v->cpu >= 0 && v->cpu < PB_CPUS_MAX &&
	       others(n, v->cpu) > NEIGHBOUR_SHARE;
}

/* A CPU that can take them instead, or -1: only vfio vectors can be moved. */
static int better_cpu(const struct neighbour *n, const struct pb_vector *v)
{
	int cpu;

	if (pb_placement_housekeeping(&n->p, &cpu, 1) == 0)
		return -1;
	return n->p.cpu[cpu].busy < n->p.cpu[v->cpu].busy - BETTER_BY ? cpu : -1;
}

static void say_neighbour(const struct neighbour *n, struct pb_finding *f, bool move)
{
	json_t *list = json_array();
	const struct pb_vectors *vs = &n->c->host;
	int seen = -1;

	for (size_t i = 0; i < vs->n; i++) {
		int to = crowded(n, &vs->v[i]) && vs->v[i].managed != 1 ? better_cpu(n, &vs->v[i]) : -1;

		if (!crowded(n, &vs->v[i]))
			continue;
		if (move && to >= 0)
			pb_affinity_say_move(f, list, &vs->v[i], to);
		if (vs->v[i].cpu == seen)
			continue;
		seen = vs->v[i].cpu;
		pb_say_fact(f,
			    &(struct pb_fact){HOST_CPU, "cpu", n->c->top.t0_ns, n->c->top.t1_ns,
					      others(n, seen), NEIGHBOUR_SHARE, "share",
					      "docs/rules.md irq-neighbour"},
			    "CPU %d is %.0f%% busy: %.0f%% with interrupts, at most %.0f%% with this guest, "
			    "%.0f%% with "
			    "something else",
			    seen, 100 * n->p.cpu[seen].busy, 100 * n->p.cpu[seen].irq, 100 * n->w.ours[seen],
			    100 * others(n, seen));
	}
	if (f && json_array_size(list))
		f->params = json_pack("{s:s,s:O}", "kind", "irq-affinity", "vectors", list);
	json_decref(list);
	pb_say_apply(f,
		     "keep other work off CPU %d: ps -eLo psr,pcpu,pid,comm --sort -pcpu | awk '$1 == %d' "
		     "names it; taskset -pc LIST PID moves it",
		     seen, seen);
	pb_say_undo(f, "taskset -pc FORMER-LIST PID   # taskset -pc PID prints the list before the change");
	pb_say_verify(f, "host/cpu.csv of the next run: CPU %d is busy with interrupts only", seen);
}

static void judge_neighbour(const struct neighbour *n, struct pb_run *run, const struct pb_rule *rule,
			    struct pb_findings *out)
{
	bool vfio = strcmp(pb_run_path(run), "vfio") == 0, any = false;
	struct pb_finding *f;

	for (size_t i = 0; i < n->c->host.n; i++)
		any |= crowded(n, &n->c->host.v[i]);
	if (!any)
		return;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
		   "Other work keeps the CPU busy that takes the disk's interrupts");
	pb_say_what(f,
		    "An interrupt that arrives on a busy CPU waits for whatever has switched interrupts off "
		    "there, and the thread it wakes waits for its turn. It shows in p99 first. The work is "
		    "not this guest's: its threads ran elsewhere.");
	/* R-I2 moves the vectors already, with the same writes. */
	say_neighbour(n, f, vfio && !pb_said_loud(out, "R-I2"));
	pb_say_nature(f, "medium", "the work that is moved may be slower elsewhere", "L");
}

int pb_irqload_neighbour_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	bool vfio = strcmp(pb_run_path(run), "vfio") == 0;
	struct neighbour n = {0};
	struct pb_irqctx c;
	int ret = pb_irqctx_init(&c, run);

	if (ret < 0)
		return ret;
	/* Posted interrupts do not stop at the host; in doubt R-I3 has said what is missing. */
	if (!c.have_window || c.host.n == 0 || (vfio && c.mode != PB_IRQ_REMAPPED)) {
		pb_irqctx_fini(&c);
		return 0;
	}
	n.c = &c;
	ret = pb_placement_read(&n.p, run, c.top.t0_ns, c.top.t1_ns);
	if (ret == 0)
		ret = pb_cpuwork_read(&n.w, run, c.top.t0_ns, c.top.t1_ns);
	if (ret == 0 && !n.w.known)
		pb_say_lack(out, FAMILY, rule, "host/threads.csv, columns tid, run_ns and last_cpu");
	if (ret == 0 && !n.p.have_cpu)
		pb_say_lack(out, FAMILY, rule, HOST_CPU ", columns idle_ns and iowait_ns");
	if (ret == 0 && n.w.known && n.p.have_cpu)
		judge_neighbour(&n, run, rule, out);
	pb_cpuwork_fini(&n.w);
	pb_placement_fini(&n.p);
	pb_irqctx_fini(&c);
	return ret;
}
