/*
 * The classes of the family limit, each a question to the counters of one resource. They answer; limit.c
 * asks them in order and writes the finding. None of them recommends a change.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/analyze.h"
#include "analyzers/limit.h"
#include "analyzers/linkcap.h"
#include "analyzers/qlimit.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "engine/lib/json.h"
#include "engine/lib/texts.h"

#define SOURCE "docs/rules.md limit"
#define STEPS "steps.csv"
#define THREADS "host/threads.csv"
#define CPU "host/cpu.csv"
#define PCIE "host/pcie.csv"

/* docs/rules.md limit: shares from which a resource counts as used up */
#define LINK_SHARE 0.90
#define SOLO_RATIO 1.15
#define SUBMIT_SHARE 0.90
#define IOTHREAD_SHARE 0.80
#define IOTHREAD_OTHERS 0.20
#define IRQ_SHARE 0.50
#define IRQ_OTHERS 0.10
#define EXITS_PER_IO 0.5
/* [ours] a vCPU that spends more of its time outside the guest than in it is held up by its exits */
#define OUTSIDE_SHARE 0.50
/* [ours] a CPU of the path is another's when it takes half of it and nothing is left */
#define FOREIGN_SHARE 0.50
#define FOREIGN_BUSY 0.90
/* [ours] an uplink is shared when others had a quarter of what it carried */
#define OWN_SHARE 0.75
/* docs/rules.md A2 (c) */
#define FLAT_RATIO 1.05

#define TEXT(field, fmt, ...) snprintf(field, sizeof(field), PB_N(fmt), ##__VA_ARGS__)

/* Answers by value against threshold; NAN is unknown. */
static void judge(struct pb_limit *l, struct pb_limit_verdict *v, const char *file, const char *column,
		  double value, double threshold)
{
	v->fact =
		(struct pb_fact){file, column, l->at->t0_ns, l->at->t1_ns, value, threshold, "share", SOURCE};
	v->answer = isnan(value) ? PB_LIMIT_UNKNOWN : value > threshold ? PB_LIMIT_YES : PB_LIMIT_NO;
}

/* Every critical finding of the validity family makes all other conclusions doubtful. */
static int test_invalid(struct pb_limit *l, struct pb_limit_verdict *v)
{
	const struct pb_analyzer *a = &pb_analyzer_validity;
	struct pb_findings found = {0};
	int ret = 0;

	for (const struct pb_rule *rule = a->rules; rule->id && ret == 0; rule++)
		if (pb_rule_fits(rule, pb_run_path(l->run)))
			ret = rule->eval(l->run, rule, &found);
	v->fact = (struct pb_fact){STEPS, "valid", 0, 0, l->s.n, 1, "depths", SOURCE};
	TEXT(v->text, "%u depths have a valid window", l->s.n);
	TEXT(v->title, "What limits is not known: the measurement is not valid");
	v->answer = l->at ? PB_LIMIT_NO : PB_LIMIT_YES;
	for (size_t i = 0; i < found.n && ret == 0; i++) {
		if (found.v[i]->severity != PB_SEV_CRITICAL)
			continue;
		v->answer = PB_LIMIT_YES;
		TEXT(v->text, "%.60s: %.300s", found.v[i]->rule, found.v[i]->title);
		break;
	}
	pb_findings_fini(&found);
	return ret;
}

static double payload(const struct pb_limit *l, const char *column)
{
	char file[300];

	return pb_rate_sum(pb_run_table(l->run, pb_run_guest_file(l->run, file, sizeof(file), "engine.csv")),
			   column, NULL, "job", l->at->t0_ns, l->at->t1_ns);
}

static int test_link(struct pb_limit *l, struct pb_limit_verdict *v)
{
	double read = payload(l, "read_bytes"), write = payload(l, "write_bytes"), share;
	struct pb_linkcap cap;

	if (l->lab) {
		v->answer = PB_LIMIT_ABSENT; /* the emulated link has a speed, which nothing enforces */
		return 0;
	}
	pb_linkcap_read(&cap, l->run, l->at->t0_ns, l->at->t1_ns);
	if (isnan(read) && isnan(write)) { /* one direction carries at most all of it */
		read = l->at->bw_bytes_s;
		write = 0;
	}
	share = cap.known ? fmax(read / cap.read_bytes_s, write / cap.write_bytes_s) : NAN;
	judge(l, v, PCIE, "link_speed_gts", share, LINK_SHARE);
	TEXT(v->text, "%.0f%% of what the narrowest link carries (%s, %g GT/s x%g, payloads of %.0f bytes%s)",
	     100 * share, cap.known ? cap.bdf : "", cap.gts, cap.width, cap.mps,
	     cap.mps_known ? "" : PB_N(", assumed"));
	TEXT(v->title, "The limit is the PCIe link: %.0f%% of what it can carry is used", 100 * share);
	TEXT(v->missing, PCIE ", columns link_speed_gts and link_width: whether the PCIe link is full");
	return 0;
}

/* What the processor counted of the disk's whole stack, in the busier direction, bytes a second. */
static double counted(struct pb_limit *l)
{
	static const char *const directions[] = {"to-memory", "from-memory"};
	const struct pb_table *t = pb_run_table(l->run, "host/pciebw.csv");
	double most = NAN;

	for (int i = 0; i < 2; i++) {
		const struct pb_match m[] = {
			{"of_disk", "1"}, {"source", "iio"}, {"direction", directions[i]}, {NULL, NULL}};

		most = fmax(most, pb_rate_sum(t, "bytes", m, "event", l->at->t0_ns, l->at->t1_ns));
	}
	return most;
}

static void shared_by_counters(struct pb_limit *l, struct pb_limit_verdict *v, const char *with)
{
	double all = counted(l), own = fmax(payload(l, "read_bytes"), payload(l, "write_bytes"));
	struct pb_linkcap cap;

	pb_linkcap_read(&cap, l->run, l->at->t0_ns, l->at->t1_ns);
	judge(l, v, "host/pciebw.csv", "bytes", cap.known && !l->lab ? all / cap.read_bytes_s : NAN,
	      LINK_SHARE);
	TEXT(v->text,
	     "%.0f MB/s were counted below the port that is shared with %.100s, %.0f of them this disk's",
	     all / 1e6, with, own / 1e6);
	TEXT(v->title, "The limit is the PCIe port that is shared with %.100s", with);
	TEXT(v->missing,
	     "whether %.100s, below the same PCIe port, was busy: run this disk alone, then with "
	     "--solo DIR beside the others",
	     with);
	if (v->answer == PB_LIMIT_YES && !(own < OWN_SHARE * all))
		v->answer = PB_LIMIT_NO;
	/* An idle neighbour shares nothing; a busy one is asked about once the CPUs have answered. */
	if (v->answer == PB_LIMIT_UNKNOWN && !isnan(l->near.rate)) {
		v->answer = l->near.rate < PB_NEIGHBOUR_BUSY ? PB_LIMIT_NO : PB_LIMIT_ABSENT;
		TEXT(v->text, "%.100s, below the same PCIe port, raised %.0f interrupts/s", with,
		     l->near.rate);
	}
	v->confidence = "medium";
}

static int test_shared(struct pb_limit *l, struct pb_limit_verdict *v)
{
	const char *with = l->near.with;

	if (!l->near.known) {
		v->answer = l->lab ? PB_LIMIT_ABSENT : PB_LIMIT_UNKNOWN;
		TEXT(v->missing, PCIE ", column shared_disks: whether other disks are below the same port");
		return 0;
	}
	judge(l, v, PCIE, "shared_disks", 0, 0);
	TEXT(v->text, "no other disk is below the same PCIe port");
	if (l->near.disks == 0)
		return 0;
	if (!l->solo.known) {
		shared_by_counters(l, v, with);
		return 0;
	}
	judge(l, v, "manifest.json", "solo.points", l->solo.ratio, SOLO_RATIO);
	v->fact.unit = "ratio";
	TEXT(v->text,
	     "alone %.0f IOPS at depth %lld, in this run %.0f: beside %.100s below the same PCIe port",
	     l->solo.iops, (long long)l->solo.depth, l->solo.joint_iops, with);
	TEXT(v->title, "The limit is shared with %.100s: alone the disk is %.2f times as fast", with,
	     l->solo.ratio);
	return 0;
}

/* A vCPU that others keep from its CPU is the neighbour's case. */
static bool crowded_out(const struct pb_limit *l)
{
	return l->load.vcpu_wait > 0.1 && l->load.foreign > FOREIGN_SHARE;
}

static bool lost_to_exits(const struct pb_limit *l)
{
	return l->exits_per_io > EXITS_PER_IO && l->load.vcpu_outside > OUTSIDE_SHARE;
}

static int test_submitter(struct pb_limit *l, struct pb_limit_verdict *v)
{
	double vcpu = *l->load.vcpu ? l->load.vcpu_run + l->load.vcpu_wait : NAN;
	double guest = l->load.guest.cpu >= 0 ? l->load.guest.share : NAN;
	bool by_thread = vcpu >= guest || isnan(guest);
	char file[300];

	if (l->polling) {
		v->answer = PB_LIMIT_UNKNOWN;
		TEXT(v->missing, "whether the submitting CPU is used up: polling keeps it busy in any case");
		return 0;
	}
	pb_run_guest_file(l->run, file, sizeof(file), "cpu.csv");
	judge(l, v, by_thread ? THREADS : "guest cpu.csv", by_thread ? "run_ns" : "user_ns",
	      fmax(vcpu, guest), SUBMIT_SHARE);
	if (by_thread)
		TEXT(v->text, "%s runs %.0f%% of the time and waits for a CPU for another %.0f%%",
		     l->load.vcpu, 100 * l->load.vcpu_run, 100 * l->load.vcpu_wait);
	else
		TEXT(v->text, "CPU %d is %.0f%% busy where the load runs", l->load.guest.cpu, 100 * guest);
	if (l->load.vcpu_wait > 0.1 && by_thread)
		TEXT(v->title, "The limit is CPU time for the vCPUs: %s waits for a CPU %.0f%% of the time",
		     l->load.vcpu, 100 * l->load.vcpu_wait);
	else
		TEXT(v->title, "The limit is the CPU that submits the I/O: %.0f%% of it is used",
		     100 * fmin(1, v->fact.value));
	TEXT(v->missing, THREADS ", column run_ns, or the guest's cpu.csv: whether a vCPU is used up");
	if (v->answer == PB_LIMIT_YES && (lost_to_exits(l) || crowded_out(l)))
		v->answer = PB_LIMIT_NO;
	return 0;
}

static int test_iothread(struct pb_limit *l, struct pb_limit_verdict *v)
{
	if (!l->virtio) {
		v->answer = PB_LIMIT_ABSENT;
		return 0;
	}
	judge(l, v, THREADS, "run_ns", l->load.io_run, IOTHREAD_SHARE);
	TEXT(v->text, "QEMU's %s runs %.0f%% of the time", l->load.io, 100 * l->load.io_run);
	TEXT(v->title, "The limit is one thread of QEMU: its %s uses %.0f%% of a CPU", l->load.io,
	     100 * l->load.io_run);
	TEXT(v->missing, THREADS ", column run_ns: whether QEMU's I/O thread is used up");
	if (l->load.io_second >= IOTHREAD_OTHERS)
		v->answer = PB_LIMIT_NO;
	return 0;
}

static int test_completion(struct pb_limit *l, struct pb_limit_verdict *v)
{
	bool host = l->load.host_irq.cpu >= 0 &&
		    (l->load.guest_irq.cpu < 0 || l->load.host_irq.share > l->load.guest_irq.share);
	const struct pb_load_cpu *c = host ? &l->load.host_irq : &l->load.guest_irq;

	judge(l, v, host ? CPU : "guest cpu.csv", "softirq_ns", c->cpu >= 0 ? c->share : NAN, IRQ_SHARE);
	TEXT(v->text, "CPU %d of the %s is in interrupt handlers %.0f%% of the time, the next one %.0f%%",
	     c->cpu, host ? PB_N("host") : PB_N("guest"), 100 * c->share, 100 * c->second);
	TEXT(v->title, "The limit is the CPU that takes the completions: CPU %d of the %s", c->cpu,
	     host ? PB_N("host") : PB_N("guest"));
	TEXT(v->missing, CPU " and the guest's cpu.csv, columns irq_ns and softirq_ns: time in handlers");
	if (c->second >= IRQ_OTHERS)
		v->answer = PB_LIMIT_NO;
	return 0;
}

static int test_exits(struct pb_limit *l, struct pb_limit_verdict *v)
{
	double vcpu = l->load.vcpu_run + l->load.vcpu_wait;

	if (l->local) {
		v->answer = PB_LIMIT_ABSENT;
		return 0;
	}
	judge(l, v, "host/kvm.csv", l->exits, l->exits_per_io, EXITS_PER_IO);
	v->fact.unit = "1/IO";
	TEXT(v->text, "%.2f %s per I/O; %s is busy %.0f%% of the time", l->exits_per_io, l->exits,
	     *l->load.vcpu ? l->load.vcpu : PB_N("no vCPU"), 100 * vcpu);
	TEXT(v->title, "The limit is the cost of leaving the guest: %.2f %s per I/O", l->exits_per_io,
	     l->exits);
	TEXT(v->missing, "host/kvm.csv, columns irq_exits, halt_exits, mmio_exits: exits per I/O");
	/* Exits cost CPU time: they limit where a vCPU has none left and loses most of it outside the guest.
	 */
	if (v->answer == PB_LIMIT_YES && !(vcpu > SUBMIT_SHARE && lost_to_exits(l)))
		v->answer = PB_LIMIT_NO;
	return 0;
}

static int test_queue(struct pb_limit *l, struct pb_limit_verdict *v)
{
	struct pb_qlimit q;

	pb_qlimit_read(&q, l->run, &l->s);
	if (q.limit <= 0) {
		v->answer = PB_LIMIT_UNKNOWN;
		TEXT(v->missing, "manifest.json, guest.disk.nr_requests and queues: what the queues take");
		return 0;
	}
	judge(l, v, "manifest.json", "guest.disk.nr_requests", q.in_flight,
	      PB_QLIMIT_SHARE * (double)q.limit);
	v->fact.unit = "I/Os";
	v->answer = q.hit ? PB_LIMIT_YES : PB_LIMIT_NO;
	TEXT(v->text, "%lld used queues take %lld I/Os each; %.0f were in flight", (long long)q.used,
	     (long long)q.nr_requests, q.in_flight);
	TEXT(v->title, "The limit is what the disk's queues take: %lld I/Os", (long long)q.limit);
	if (q.used_known)
		return 0;
	v->confidence = "medium";
	return 0;
}

static int test_neighbour(struct pb_limit *l, struct pb_limit_verdict *v)
{
	bool crowded = l->load.foreign > FOREIGN_SHARE && l->load.foreign_busy > FOREIGN_BUSY;

	if (l->solo.known && l->solo.ratio > SOLO_RATIO && !crowded && l->near.disks == 0) {
		judge(l, v, "manifest.json", "solo.points", l->solo.ratio, SOLO_RATIO);
		v->fact.unit = "ratio";
		TEXT(v->text, "alone %.0f IOPS at depth %lld, in this run %.0f", l->solo.iops,
		     (long long)l->solo.depth, l->solo.joint_iops);
		TEXT(v->title, "The limit is a neighbour: alone the disk is %.2f times as fast",
		     l->solo.ratio);
		v->confidence = "medium";
		return 0;
	}
	if (l->local) {
		v->answer = PB_LIMIT_ABSENT; /* the load itself is among what runs on the host's CPUs */
		return 0;
	}
	judge(l, v, CPU, "idle_ns", l->load.foreign_cpu >= 0 ? l->load.foreign : NAN, FOREIGN_SHARE);
	v->answer = isnan(v->fact.value) ? PB_LIMIT_UNKNOWN : crowded ? PB_LIMIT_YES : PB_LIMIT_NO;
	TEXT(v->text, "others use %.0f%% of CPU %d, which a vCPU or a vector of the disk needs (%.0f%% busy)",
	     100 * l->load.foreign, l->load.foreign_cpu, 100 * l->load.foreign_busy);
	TEXT(v->title, "The limit is a neighbour: something else uses %.0f%% of CPU %d, which the path needs",
	     100 * l->load.foreign, l->load.foreign_cpu);
	TEXT(v->missing, CPU " and " THREADS ": whether something else uses the path's CPUs");
	return 0;
}

/* The best of the valid points no deeper than `depth`. */
static const struct pb_point *best_to(const struct pb_sweep *s, int64_t depth)
{
	const struct pb_point *best = NULL;

	for (unsigned i = 0; i < s->n && s->p[i].depth <= depth; i++)
		if (!best || s->p[i].iops > best->iops)
			best = &s->p[i];
	return best;
}

/* Flat: the deepest point gained nothing over what came before, or no more than its interval leaves open. */
static bool flat_since(const struct pb_point *last, const struct pb_point *p)
{
	return last->iops <= FLAT_RATIO * p->iops || last->iops_lo <= p->iops;
}

/*
 * Without the disk measured alone, a busy neighbour below the same port is as likely as the disk itself when
 * nothing else is used up and more I/Os in flight gain nothing.
 */
static int test_shared_busy(struct pb_limit *l, struct pb_limit_verdict *v)
{
	const struct pb_point *last = &l->s.p[l->s.n - 1], *one = best_to(&l->s, last->depth / 2);

	if (l->near.disks == 0 || l->solo.known) {
		v->answer = PB_LIMIT_ABSENT; /* answered above */
		return 0;
	}
	judge(l, v, "host/interrupts.csv", "kind", l->near.rate, PB_NEIGHBOUR_BUSY);
	v->fact.unit = "1/s";
	TEXT(v->text, "%.100s, below the same PCIe port, raised %.0f interrupts/s meanwhile", l->near.with,
	     l->near.rate);
	TEXT(v->title, "The limit may be the PCIe port that is shared with %.100s, which was busy",
	     l->near.with);
	TEXT(v->missing, "host/interrupts.csv, rows of kind neighbour: whether %.100s was busy",
	     l->near.with);
	v->confidence = "low";
	if (v->answer == PB_LIMIT_YES && !(one && flat_since(last, one)))
		v->answer = PB_LIMIT_NO;
	return 0;
}

static int test_device(struct pb_limit *l, struct pb_limit_verdict *v)
{
	const struct pb_point *last = &l->s.p[l->s.n - 1], *two = best_to(&l->s, last->depth / 4),
			      *one = best_to(&l->s, last->depth / 2);
	bool flat_two = two && flat_since(last, two), flat_one = one && flat_since(last, one);
	const struct pb_point *p = flat_two || !one ? two : one;

	if (!p) {
		v->answer = PB_LIMIT_UNKNOWN;
		TEXT(v->missing,
		     "a curve over at least two doublings of the depth: passbench run --depth auto");
		return 0;
	}
	judge(l, v, STEPS, "iops", last->iops / p->iops, FLAT_RATIO);
	v->fact.unit = "ratio";
	v->answer = flat_two || flat_one ? PB_LIMIT_YES : PB_LIMIT_NO;
	v->confidence = flat_two ? "high" : "medium";
	TEXT(v->text, "%.0f IOPS at depth %lld, %.0f at depth %lld", p->iops, (long long)p->depth, last->iops,
	     (long long)last->depth);
	TEXT(v->title,
	     "The limit is the disk itself: more I/Os in flight gain nothing and nothing before it is "
	     "used up");
	return 0;
}

/* What is left: the curve still rises, so nothing is used up yet. */
static int test_depth(struct pb_limit *l, struct pb_limit_verdict *v)
{
	const struct pb_point *last = &l->s.p[l->s.n - 1], *prev = last - 1;

	v->answer = PB_LIMIT_UNKNOWN;
	if (l->s.n < 2)
		return 0;
	judge(l, v, STEPS, "iops", last->iops / prev->iops, FLAT_RATIO);
	v->fact.unit = "ratio";
	TEXT(v->text, "%.0f IOPS at depth %lld, %.0f at depth %lld", prev->iops, (long long)prev->depth,
	     last->iops, (long long)last->depth);
	TEXT(v->title, "The limit is the number of I/Os in flight: at depth %lld throughput still grows",
	     (long long)last->depth);
	v->confidence = last->iops_lo > prev->iops ? "high" : "medium";
	return 0;
}

const struct pb_limit_class pb_limit_classes[] = {
	{"invalid", PB_N("Repeat the measurement before anything is tuned: the validity findings say why."),
	 test_invalid},
	{"link", PB_N("Deeper queues, interrupts and CPUs cannot help: only a wider or faster link can."),
	 test_link},
	{"shared", PB_N("Move one of the disks below another root port, or cap the neighbour."), test_shared},
	{"submitter-cpu",
	 PB_N("Spread the load over more jobs and vCPUs, and give every vCPU a CPU of its own."),
	 test_submitter},
	{"iothread", PB_N("Spread the disk's queues over several iothreads, or attach the disk with VFIO."),
	 test_iothread},
	{"completion-cpu", PB_N("Spread completions: more queues, jobs on more CPUs, vectors on more CPUs."),
	 test_completion},
	{"exits", PB_N("Fewer exits: posted interrupts, polling in the guest, pinned vCPUs."), test_exits},
	{"queue-limit", PB_N("Raise that limit: see the rules R-Q4 and R-Q5."), test_queue},
	{"neighbour", PB_N("Keep the path's CPUs free of other work, then measure again."), test_neighbour},
	{"shared",
	 PB_N("Measure the disk alone, then beside its neighbour with --solo DIR: that tells the two apart."),
	 test_shared_busy},
	{"device", PB_N("What is left to choose is the depth: the smallest on the plateau (R-Q1, R-Q2)."),
	 test_device},
	{"depth", PB_N("Measure deeper (R-Q3), or let the application keep more I/Os in flight."),
	 test_depth},
	{NULL, NULL, NULL},
};
