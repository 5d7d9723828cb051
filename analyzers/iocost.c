/*
 * Rates of host and guest counters over each step's window, divided by the I/Os that the engine completed in
 * the same window.
 */
#include "analyzers/iocost.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/sweep.h"
#include "analyzers/vectors.h"
#include "engine/lib/texts.h"

#define THREADS "host/threads.csv"
#define KVM "host/kvm.csv"
#define CPU "host/cpu.csv"
#define LINK "host/link_estimate.csv"
#define PCIEBW "host/pciebw.csv"

double pb_iocost_threads(const struct pb_table *t, const char *column, const char *prefix,
			 const struct pb_point *p)
{
	struct pb_strv roles = {0};
	double sum = NAN;

	pb_distinct(t, "role", NULL, &roles);
	for (size_t i = 0; i < roles.n; i++) {
		const struct pb_match m[] = {{"role", roles.v[i]}, {NULL, NULL}};
		double r;

		if (strncmp(roles.v[i], prefix, strlen(prefix)) != 0)
			continue;
		r = pb_rate_sum(t, column, m, "tid", p->t0_ns, p->t1_ns);
		if (!isnan(r))
			sum = isnan(sum) ? r : sum + r;
	}
	pb_strv_fini(&roles);
	return sum;
}

double pb_iocost_irq_time(struct pb_run *run, const struct pb_point *p)
{
	const struct pb_table *t = pb_run_table(run, CPU);

	return pb_rate_sum(t, "irq_ns", NULL, "cpu", p->t0_ns, p->t1_ns) +
	       pb_rate_sum(t, "softirq_ns", NULL, "cpu", p->t0_ns, p->t1_ns);
}

/* A column of the engine, summed over jobs. */
static double engine_rate(struct pb_run *run, const char *column, const struct pb_point *p)
{
	char name[300];

	return pb_rate_sum(pb_run_table(run, pb_run_guest_file(run, name, sizeof(name), "engine.csv")),
			   column, NULL, "job", p->t0_ns, p->t1_ns);
}

double pb_iocost_link(struct pb_run *run, const struct pb_point *p)
{
	const struct pb_table *t = pb_run_table(run, LINK);
	double wire = pb_rate(t, "to_host_bytes", NULL, p->t0_ns, p->t1_ns) +
		      pb_rate(t, "to_device_bytes", NULL, p->t0_ns, p->t1_ns);
	double payload = pb_rate(t, "read_bytes", NULL, p->t0_ns, p->t1_ns) +
			 pb_rate(t, "write_bytes", NULL, p->t0_ns, p->t1_ns);

	return payload > 0 ? wire / payload : NAN;
}

/* What the processor counted of the disk's own stack, all directions; NAN where it does not or shares it
 * unknowingly. */
static double counted_bytes(struct pb_run *run, const struct pb_point *p)
{
	static const struct pb_match ours[] = {{"of_disk", "1"}, {"source", "iio"}, {NULL, NULL}};

	return pb_rate_sum(pb_run_table(run, PCIEBW), "bytes", ours, "event", p->t0_ns, p->t1_ns);
}

/* Six digits: more would be noise, and differ between machines. why NULL: nothing is lacking. */
static void put(json_t *j, json_t *missing, const char *column, double v, const char *why)
{
	char text[32];

	if (isfinite(v)) {
		snprintf(text, sizeof(text), "%.6g", v);
		json_object_set_new(j, column, json_real(strtod(text, NULL)));
		return;
	}
	json_object_set_new(j, column, json_null());
	if (why && !json_object_get(missing, column))
		json_object_set_new(missing, column, json_string(why));
}

static double vectors_rate(const struct pb_vectors *vs, const struct pb_table *t, const struct pb_point *p)
{
	double sum = NAN;

	for (size_t i = 0; t && i < vs->n; i++) {
		double r = pb_vector_rate(t, vs->v[i].name, p->t0_ns, p->t1_ns, NULL);

		if (!isnan(r))
			sum = isnan(sum) ? r : sum + r;
	}
	return sum;
}

static void put_threads(json_t *j, json_t *missing, struct pb_run *run, const struct pb_point *p, double ios)
{
	const struct pb_table *t = pb_run_table(run, THREADS);
	double vcpu = pb_iocost_threads(t, "run_ns", "vcpu", p),
	       io = pb_iocost_threads(t, "run_ns", "iothread", p);
	double rest = fmax(0, pb_iocost_threads(t, "run_ns", "", p) - vcpu - (isnan(io) ? 0 : io));
	const char *why = PB_N(THREADS ", column run_ns");

	put(j, missing, "vcpu_us", vcpu / 1e3 / ios, why);
	put(j, missing, "iothread_us", io / 1e3 / ios, isnan(vcpu) ? why : PB_N("this QEMU has no iothread"));
	put(j, missing, "qemu_us", isnan(vcpu) ? NAN : rest / 1e3 / ios, why);
	put(j, missing, "switches", pb_iocost_threads(t, "switches", "", p) / ios,
	    PB_N(THREADS ", column switches"));
}

static void put_guest(json_t *j, json_t *missing, struct pb_run *run, const struct pb_point *p, double ios)
{
	const struct pb_table *kvm = pb_run_table(run, KVM);

	put(j, missing, "exits", pb_kvm_rate(kvm, "exits", p->t0_ns, p->t1_ns) / ios,
	    PB_N(KVM ", column exits"));
	put(j, missing, "injections", pb_kvm_rate(kvm, "irq_injections", p->t0_ns, p->t1_ns) / ios,
	    PB_N(KVM ", column irq_injections"));
	put_threads(j, missing, run, p, ios);
}

static json_t *step(struct pb_run *run, const struct pb_irqctx *c, const struct pb_point *p, json_t *missing)
{
	double ios = engine_rate(run, "completed", p), irqs, link, counted;
	double payload = engine_rate(run, "read_bytes", p) + engine_rate(run, "write_bytes", p);
	bool local = strcmp(pb_run_path(run), "local") == 0;
	json_t *j = json_pack("{s:I}", "depth", (json_int_t)p->depth);

	if (!(ios > 0))
		ios = p->iops;
	irqs = vectors_rate(&c->guest, pb_run_table(run, c->guest_file), p) / ios;
	put(j, missing, "ios_s", ios, "steps.csv");
	put(j, missing, "guest_irqs", irqs, PB_N("interrupts of the disk in the guest"));
	put(j, missing, "host_irqs",
	    vectors_rate(&c->host, pb_run_table(run, "host/interrupts.csv"), p) / ios,
	    PB_N("interrupts of the disk in host/interrupts.csv"));
	if (!local)
		put_guest(j, missing, run, p, ios);
	put(j, missing, "irq_us", pb_iocost_irq_time(run, p) / 1e3 / ios,
	    PB_N(CPU ", columns irq_ns and softirq_ns"));
	link = pb_iocost_link(run, p);
	counted = counted_bytes(run, p) / payload;
	put(j, missing, "link_estimate", link, isnan(counted) ? LINK : NULL);
	put(j, missing, "link_counted", counted,
	    isnan(link) ? PB_N(PCIEBW ", rows of the disk's own stack") : NULL);
	return j;
}

json_t *pb_iocost(struct pb_run *run, const struct pb_irqctx *c)
{
	json_t *steps = json_array(), *missing = json_object();
	struct pb_sweep *s = malloc(sizeof(*s));

	if (s) {
		pb_sweep_read(s, run);
		pb_sweep_valid(s);
		for (unsigned i = 0; i < s->n; i++)
			json_array_append_new(steps, step(run, c, &s->p[i], missing));
	}
	free(s);
	return json_pack("{s:s,s:o,s:o}", "kind", "io-cost", "steps", steps, "missing", missing);
}
