/*
 * The model behind mkrun.h: a struct that describes a machine and what
 * happened on it, its default, its clock, and CSV writing with columns that can be
 * left empty. It models rates, not devices: counters grow by what the description says.
 */
#ifndef PB_TESTS_MKRUN_MODEL_H
#define PB_TESTS_MKRUN_MODEL_H

#include <hwloc.h>
#include <stdbool.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/hist.h"
#include "engine/lib/rundir.h"

#ifndef MK_CPUS
#define MK_CPUS 4
#endif
#define MK_VCPUS 2
#ifndef MK_VECS
#define MK_VECS 3 /* admin queue and one queue per vCPU */
#endif
#define MK_STEPS 16
#define MK_PUT 8
#define MK_T0 5000000000000LL
#ifndef MK_TICK
#define MK_TICK 200000000LL
#endif
#define MK_LEAD 1000000000LL  /* before the first depth */
#define MK_SETTLE 500000000LL /* of each depth, not measured */
#ifndef MK_WINDOW
#define MK_WINDOW 2000000000LL /* of each depth, measured */
#endif
#define MK_BDF "0000:00:03.0"

struct mk_step {
	int depth;
	double iops, half; /* half-width of the interval, as a fraction of iops */
	double mean_depth; /* 0 = depth */
	double p99_ns;     /* 0 = 1.9 times the mean latency */
	int failed;
	const char *reason; /* NULL = valid */
};

struct mk_run {
	const char *path, *cache, *aio, *host_write_cache;
	bool iothread, kvm_vm; /* kvm_vm: counters per VM (debugfs) instead of per vCPU */
	struct mk_step step[MK_STEPS];
	int steps;
	double slo_q, slo_ns; /* slo_ns 0 = no SLO */
	const char *rw, *durability, *safety, *guest_write_cache;
	bool direct, writes, lab, irqbalance;
	double irq_per_io,
		host_ratio; /* guest interrupts per completion; host vfio interrupts per guest interrupt */
	int vec_cpu[MK_VECS];
	const char *vec_allowed;
	int managed; /* 1, 0, -1 = unknown */
	int vcpu_cpu[MK_VCPUS];
	const char *vcpu_allowed;
	int threads_every;       /* ticks between samples of host/threads.csv; 0 = 1 */
	double vcpu_wait;        /* share of wall time a vCPU thread waits for a CPU */
	double busy[MK_CPUS];    /* share of time a CPU is busy with other things (system) */
	double irqtime[MK_CPUS]; /* share of time in irq and softirq */
	double mmio_per_io, exits_per_io;
	int numa_node;
	const char *local_cpus;
	int64_t aer0, aer1; /* correctable errors before and after; -1 = not readable */
	double clock_bound_ns, fio_ratio, sampler_cpu_share;
	const char *pmu_status;
	const char *topology;  /* hwloc synthetic text, NULL = no topology.xml */
	int faults;            /* rows of errors.csv */
	int all_failed;        /* the manifest's io_errors.failed; 0 = no io_errors */
	const char *fio_error; /* the manifest's fio.error */
	const char *integrity; /* the manifest's integrity as JSON text, NULL = no such run */
	int bad_rows;          /* rows of integrity.csv */
	double device_share;   /* I/Os that the guest's block counters saw, of those counted; 0 = no block.csv
				*/
	bool device_frozen;    /* block.csv does not move */
	const char *drop_file; /* not written */
	const char *patch;     /* JSON object: its members are merged into the manifest's */
	struct {
		const char *file, *text;
	} put[MK_PUT];                         /* written as they are, instead of the model's */
	const char *blank_file, *blank_column; /* all its cells empty */
};

/* The example: an NVMe passed through in the lab, vectors on the vCPUs' CPUs, a knee at 16. */
static inline void mk_default(struct mk_run *m)
{
	static const double iops[] = {2350, 4400, 7300, 9900, 11300, 11500, 11520};

	*m = (struct mk_run){.path = "vfio",
			     .cache = "none",
			     .aio = "io_uring",
			     .host_write_cache = "write back",
			     .iothread = true,
			     .steps = 7,
			     .slo_q = 0.99,
			     .rw = "randread",
			     .durability = "none",
			     .safety = "P",
			     .guest_write_cache = "write back",
			     .direct = true,
			     .lab = true,
			     .irq_per_io = 0.92,
			     .host_ratio = 1,
			     .vec_cpu = {0, 0, 1},
			     .vec_allowed = "0-3",
			     .vcpu_cpu = {0, 1},
			     .vcpu_allowed = "0-3",
			     .vcpu_wait = 0.004,
			     .busy = {.02, .02, .03, .06},
			     .irqtime = {.04, .04, .005, .005},
			     .exits_per_io = 2.1,
			     .numa_node = -1,
			     .local_cpus = "0-3",
			     .aer0 = -1,
			     .aer1 = -1,
			     .clock_bound_ns = 85000,
			     .fio_ratio = 1.0004,
			     .sampler_cpu_share = 0.0042,
			     .pmu_status = "unavailable: no PMU: perf_event_open says ENOENT",
			     .topology = "pack:1 numa:1 core:4 pu:1"};
	for (int i = 0; i < 7; i++)
		m->step[i] = (struct mk_step){.depth = 1 << i, .iops = iops[i], .half = 0.012};
}

/* One CSV under construction. */
struct mk_csv {
	struct pb_csv c;
	const char *names; /* the header row as text */
	int col, blank;
};

static inline void mk_str(struct mk_csv *k, const char *text)
{
	pb_csv_str(&k->c, k->col++ == k->blank ? NULL : text);
}

static inline void mk_i64(struct mk_csv *k, int64_t v)
{
	pb_csv_i64(&k->c, k->col++ == k->blank ? PB_NA : v);
}

static inline void mk_num(struct mk_csv *k, double v)
{
	pb_csv_num(&k->c, k->col++ == k->blank ? NAN : v);
}

static inline void mk_end(struct mk_csv *k)
{
	pb_csv_end(&k->c);
	k->col = 0;
}

/* Starts `file` with the comma-separated header `names`; NULL when the scenario drops it. */
static inline FILE *mk_begin(const struct mk_run *m, struct pb_rundir *d, struct mk_csv *k, const char *file,
			     const char *names)
{
	char copy[1024], *save = NULL;
	int col = 0;

	if (m->drop_file && strcmp(m->drop_file, file) == 0)
		return NULL;
	for (int i = 0; i < MK_PUT; i++)
		if (m->put[i].file && strcmp(m->put[i].file, file) == 0)
			return NULL;
	*k = (struct mk_csv){.names = names, .blank = -1};
	k->c.f = pb_rundir_begin(d, file, NULL);
	if (!k->c.f)
		return NULL;
	snprintf(copy, sizeof(copy), "%s", names);
	for (char *n = strtok_r(copy, ",", &save); n; n = strtok_r(NULL, ",", &save), col++) {
		pb_csv_str(&k->c, n);
		if (m->blank_file && strcmp(m->blank_file, file) == 0 && strcmp(m->blank_column, n) == 0)
			k->blank = col;
	}
	mk_end(k);
	return k->c.f;
}

static inline int64_t mk_start(int i) /* of step i's window */
{
	return MK_T0 + MK_LEAD + i * (MK_SETTLE + MK_WINDOW) + MK_SETTLE;
}

static inline int64_t mk_finish(const struct mk_run *m)
{
	return mk_start(m->steps - 1) + MK_WINDOW + MK_SETTLE;
}

/* Seconds of step i that lie before t. */
static inline double mk_spent(const struct mk_run *m, int i, int64_t t)
{
	int64_t from = mk_start(i) - MK_SETTLE, to = mk_start(i) + MK_WINDOW;

	if (i == m->steps - 1)
		to += MK_SETTLE; /* the last depth runs on until fio is stopped */
	if (t <= from)
		return 0;
	return (double)((t < to ? t : to) - from) / 1e9;
}

/* Completions until t, with a ripple of some percent so that a timeline looks measured. */
static inline double mk_done(const struct mk_run *m, int64_t t)
{
	double sum = 0;

	for (int i = 0; i < m->steps; i++) {
		double s = mk_spent(m, i, t);
		int64_t phase = (int64_t)(s * 1000) % 1000;

		sum += m->step[i].iops * (s + 6e-6 * (double)(phase < 500 ? phase : 1000 - phase));
	}
	return sum;
}

static inline int mk_depth_at(const struct mk_run *m, int64_t t)
{
	for (int i = 0; i < m->steps; i++)
		if (t < mk_start(i) + MK_WINDOW)
			return m->step[i].depth;
	return m->step[m->steps - 1].depth;
}

#endif
