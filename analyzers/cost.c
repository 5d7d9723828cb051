/*
 * What one I/O costs: interrupts, exits, host CPU time and context switches
 * per completion, over the window of the largest throughput; for the other depths see iocost.c. Attribution
 * only, it recommends nothing.
 */
#include <stdio.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/iocost.h"
#include "analyzers/irqctx.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"

#define FAMILY "cost"
#define THREADS "host/threads.csv"
#define KVM "host/kvm.csv"

struct cost {
	const struct pb_irqctx *c;
	struct pb_finding *f;
	unsigned known;
};

/* Adds one number per I/O, or the counter it lacks. `scale` turns the column's unit into `unit`. */
static void add(struct cost *k, const char *file, const char *column, double rate, double scale,
		const char *unit, const char *what)
{
	double per_io = rate * scale / k->c->top.iops;

	if (isnan(per_io)) {
		pb_say_missing(k->f, "%s, column %s: %s per I/O", file, column, what);
		return;
	}
	k->known++;
	pb_say_fact(k->f,
		    &(struct pb_fact){file, column, k->c->top.t0_ns, k->c->top.t1_ns, per_io, NAN, unit, ""},
		    "%s: %.3g%s per I/O", what, per_io, strcmp(unit, "us/IO") == 0 ? PB_N(" us") : "");
}

static void add_kvm(struct cost *k, struct pb_run *run)
{
	static const char *const columns[][2] = {
		{"exits", PB_N("exits of all kinds")},
		{"irq_exits", PB_N("exits for host interrupts")},
		{"mmio_exits", PB_N("exits on device registers")},
		{"halt_exits", PB_N("exits because a vCPU went idle")},
		{"irq_injections", PB_N("interrupts injected")},
	};
	const struct pb_table *t = pb_run_table(run, KVM);

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		add(k, KVM, columns[i][0], pb_kvm_rate(t, columns[i][0], k->c->top.t0_ns, k->c->top.t1_ns), 1,
		    "1/IO", columns[i][1]);
}

static void add_threads(struct cost *k, struct pb_run *run)
{
	const struct pb_table *t = pb_run_table(run, THREADS);
	const struct pb_point *top = &k->c->top;
	double io = pb_iocost_threads(t, "run_ns", "iothread", top);

	add(k, THREADS, "run_ns", pb_iocost_threads(t, "run_ns", "vcpu", top), 1e-3, "us/IO",
	    PB_N("host CPU time of the vCPU threads"));
	add(k, THREADS, "switches", pb_iocost_threads(t, "switches", "vcpu", top), 1, "1/IO",
	    PB_N("context switches of the vCPU threads"));
	if (!isnan(io))
		add(k, THREADS, "run_ns", io, 1e-3, "us/IO", PB_N("host CPU time of the iothreads"));
}

/* Only where nothing counted it: the run has written the estimate itself. */
static void add_link(struct cost *k, struct pb_run *run)
{
	const struct pb_point *top = &k->c->top;
	double ratio = pb_iocost_link(run, top);

	if (!isnan(ratio))
		pb_say_fact(k->f,
			    &(struct pb_fact){"host/link_estimate.csv", "to_host_bytes", top->t0_ns,
					      top->t1_ns, ratio, NAN, "ratio", ""},
			    "estimated: %.2f bytes on the link for each byte of payload, both directions",
			    ratio);
}

static int rule_attribution(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	bool local = strcmp(pb_run_path(run), "local") == 0;
	struct pb_irqctx c;
	struct cost k = {.c = &c};
	int ret = pb_irqctx_init(&c, run);

	if (ret < 0 || !c.have_window) {
		if (ret == 0)
			pb_irqctx_fini(&c);
		return ret; /* without a valid step validity has spoken */
	}
	k.f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "What one I/O costs at depth %lld",
		     (long long)c.top.depth);
	pb_say_what(k.f,
		    "Counters of host and guest over the window with the largest throughput (%.0f IOPS), "
		    "divided by completions. "
		    "Compare paths and settings by these, not by the load of the whole machine.",
		    c.top.iops);
	add(&k, c.guest_file, "name", c.guest.rate, 1, "1/IO",
	    local ? PB_N("interrupts") : PB_N("interrupts in the guest"));
	add(&k, "host/interrupts.csv", "name", c.host.rate, 1, "1/IO",
	    PB_N("interrupts of the disk on the host"));
	if (!local) {
		add_kvm(&k, run);
		add_threads(&k, run);
	}
	add(&k, "host/cpu.csv", "irq_ns", pb_iocost_irq_time(run, &c.top), 1e-3, "us/IO",
	    PB_N("host CPU time in interrupt handlers, of all devices"));
	add_link(&k, run);
	if (k.f)
		k.f->params = pb_iocost(run, &c);
	if (k.known == 0 && k.f)
		pb_finding_set(&k.f->title, "What one I/O costs is not known");
	pb_irqctx_fini(&c);
	return 0;
}

static const struct pb_rule rules[] = {
	{"attribution", "interrupts, exits, CPU time and switches per I/O", "vfio,virtio-blk,local",
	 "docs/rules.md", rule_attribution},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_cost = {
	.name = FAMILY,
	.help = "what one I/O costs: interrupts, exits, host CPU time, switches",
	.rules = rules,
};
