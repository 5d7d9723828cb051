/*
 * Builds small complete run directories for tests: a struct describes the
 * machine and what happened on it, mk_write() turns it into the files of
 * docs/run-directory.md. Header-only, because every unit test is one file.
 * It models rates, not devices: counters grow by what the description says.
 */
#ifndef PB_TESTS_MKRUN_H
#define PB_TESTS_MKRUN_H

#include <hwloc.h>
#include <stdbool.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/hist.h"
#include "engine/lib/rundir.h"

#define MK_CPUS 4
#define MK_VCPUS 2
#define MK_VECS 3 /* admin queue and one queue per vCPU */
#define MK_STEPS 16
#define MK_T0 5000000000000LL
#define MK_TICK 200000000LL
#define MK_LEAD 1000000000LL   /* before the first depth */
#define MK_SETTLE 500000000LL  /* of each depth, not measured */
#define MK_WINDOW 2000000000LL /* of each depth, measured */
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
	bool iothread;
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
	double vcpu_wait;        /* share of wall time a vCPU thread waits for a CPU */
	double busy[MK_CPUS];    /* share of time a CPU is busy with other things (system) */
	double irqtime[MK_CPUS]; /* share of time in irq and softirq */
	double mmio_per_io, exits_per_io;
	int numa_node;
	const char *local_cpus;
	int64_t aer0, aer1; /* correctable errors before and after; -1 = not readable */
	double clock_bound_ns, fio_ratio, sampler_cpu_share;
	const char *pmu_status;
	const char *topology;                  /* hwloc synthetic text, NULL = no topology.xml */
	const char *drop_file;                 /* not written */
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

static inline int mk_steps_csv(const struct mk_run *m, struct pb_rundir *d)
{
	struct mk_csv k;
	FILE *f = mk_begin(
		m, d, &k, "steps.csv",
		"t_ns,t_end_ns,guest,phase,block,depth,mean_depth,completed,failed,bytes,iops,iops_lo,"
		"iops_hi,bw_bytes_s,lat_mean_ns,lat_p50_ns,lat_p50_lo_ns,lat_p50_hi_ns,lat_p99_ns,"
		"lat_p99_lo_ns,lat_p99_hi_ns,lat_p999_ns,batches,lag1,valid,reason");

	for (int i = 0; f && i < m->steps; i++) {
		const struct mk_step *s = &m->step[i];
		double mean = s->depth / s->iops * 1e9, p99 = s->p99_ns > 0 ? s->p99_ns : 1.9 * mean;

		mk_i64(&k, mk_start(i));
		mk_i64(&k, mk_start(i) + MK_WINDOW);
		mk_str(&k, "guest0");
		mk_str(&k, "sweep");
		mk_i64(&k, 0);
		mk_i64(&k, s->depth);
		mk_num(&k, s->mean_depth > 0 ? s->mean_depth : s->depth * 0.996);
		mk_i64(&k, (int64_t)(s->iops * 2));
		mk_i64(&k, s->failed);
		mk_i64(&k, (int64_t)(s->iops * 2) * 4096);
		mk_num(&k, s->iops);
		mk_num(&k, s->iops * (1 - s->half));
		mk_num(&k, s->iops * (1 + s->half));
		mk_num(&k, s->iops * 4096);
		mk_num(&k, mean);
		mk_num(&k, .92 * mean);
		mk_num(&k, .91 * mean);
		mk_num(&k, .93 * mean);
		mk_num(&k, p99);
		mk_num(&k, p99 * .96);
		mk_num(&k, p99 * 1.04);
		mk_num(&k, p99 * 1.7);
		mk_i64(&k, 20);
		mk_num(&k, .11);
		mk_i64(&k, s->reason == NULL);
		mk_str(&k, s->reason);
		mk_end(&k);
	}
	return f ? pb_rundir_commit(d, f, "steps.csv", NULL) : 0;
}

static inline int mk_latency_csv(const struct mk_run *m, struct pb_rundir *d)
{
	struct mk_csv k;
	FILE *f = mk_begin(m, d, &k, "guest/guest0/latency.csv", "t_ns,t_end_ns,depth,dir,bin,lat_ns,count");

	for (int i = 0; f && i < m->steps; i++) {
		double mean = m->step[i].depth / m->step[i].iops * 1e9;
		unsigned last = pb_hist_bin((uint64_t)(3 * mean));

		for (unsigned b = pb_hist_bin((uint64_t)(mean / 2)); b <= last; b += 4) {
			double x = ((double)pb_hist_mid(b) / mean - .95) / .12;
			int64_t n = (int64_t)(m->step[i].iops * 2 * .1 / (1 + x * x));

			if (n == 0)
				continue;
			mk_i64(&k, mk_start(i));
			mk_i64(&k, mk_start(i) + MK_WINDOW);
			mk_i64(&k, m->step[i].depth);
			mk_str(&k, m->writes ? "write" : "read");
			mk_i64(&k, b);
			mk_i64(&k, (int64_t)pb_hist_mid(b));
			mk_i64(&k, n);
			mk_end(&k);
		}
	}
	return f ? pb_rundir_commit(d, f, "guest/guest0/latency.csv", NULL) : 0;
}

static inline int mk_engine_csv(const struct mk_run *m, struct pb_rundir *d)
{
	struct mk_csv k;
	const char *name = "guest/guest0/engine.csv";
	FILE *f =
		mk_begin(m, d, &k, name,
			 "t_ns,job,target_depth,submitted,completed,failed,read_bytes,write_bytes,depth_ns");

	for (int64_t t = MK_T0; f && t <= mk_finish(m); t += MK_TICK) {
		int64_t done = (int64_t)mk_done(m, t);
		double area = 0;

		for (int i = 0; i < m->steps; i++)
			area += m->step[i].depth * .996 * mk_spent(m, i, t) * 1e9;
		mk_i64(&k, t);
		mk_i64(&k, 0);
		mk_i64(&k, mk_depth_at(m, t));
		mk_i64(&k, done + (t > MK_T0 + MK_LEAD ? mk_depth_at(m, t) : 0));
		mk_i64(&k, done);
		mk_i64(&k, 0);
		mk_i64(&k, m->writes ? 0 : done * 4096);
		mk_i64(&k, m->writes ? done * 4096 : 0);
		mk_i64(&k, (int64_t)area);
		mk_end(&k);
	}
	return f ? pb_rundir_commit(d, f, name, NULL) : 0;
}

/* One row of an interrupts.csv: `n` counts on `cpu` on top of `base`, nothing elsewhere. */
static inline void mk_irq_row(struct mk_csv *k, int64_t t, int irq, const char *name, const char *kind,
			      int cpus, int cpu, double base, double n)
{
	mk_i64(k, t);
	mk_i64(k, irq ? irq : PB_NA);
	mk_str(k, name);
	mk_str(k, kind);
	for (int c = 0; c < cpus; c++)
		mk_i64(k, (int64_t)(c == cpu || cpu < 0 ? base + n : 0));
	mk_end(k);
}

static inline int mk_guest_interrupts(const struct mk_run *m, struct pb_rundir *d)
{
	struct mk_csv k;
	const char *name = "guest/guest0/interrupts.csv";
	bool virtio = strcmp(m->path, "virtio-blk") == 0;
	FILE *f = mk_begin(m, d, &k, name, "t_ns,irq,name,kind,cpu0,cpu1");

	for (int64_t t = MK_T0; f && t <= mk_finish(m); t += MK_TICK) {
		double n = mk_done(m, t) * m->irq_per_io / 2;
		double s = (double)(t - MK_T0) / 1e9;

		mk_irq_row(&k, t, 24, virtio ? "virtio1-config" : "nvme0q0", "device", 2, 0, 11, 0);
		mk_irq_row(&k, t, 25, virtio ? "virtio1-req.0" : "nvme0q1", "device", 2, 0, 40, n);
		mk_irq_row(&k, t, 26, virtio ? "virtio1-req.1" : "nvme0q2", "device", 2, 1, 37, n);
		mk_irq_row(&k, t, 0, "total", "total", 2, -1, 400, n);
		mk_irq_row(&k, t, 0, "LOC", "arch", 2, -1, 900, 100 * s);
		mk_irq_row(&k, t, 0, "RES", "arch", 2, -1, 20, 3 * s);
	}
	return f ? pb_rundir_commit(d, f, name, NULL) : 0;
}

static inline int mk_host_interrupts(const struct mk_run *m, struct pb_rundir *d)
{
	struct mk_csv k;
	bool vfio = strcmp(m->path, "vfio") == 0;
	FILE *f = mk_begin(m, d, &k, "host/interrupts.csv", "t_ns,irq,name,kind,cpu0,cpu1,cpu2,cpu3");

	for (int64_t t = MK_T0; f && t <= mk_finish(m); t += MK_TICK) {
		double n = mk_done(m, t) * m->irq_per_io / 2 * m->host_ratio;
		double s = (double)(t - MK_T0) / 1e9;

		for (int v = 0; v < MK_VECS; v++) {
			char name[64];

			snprintf(name, sizeof(name), vfio ? "vfio-msix[%d](" MK_BDF ")" : "nvme1q%d", v);
			mk_irq_row(&k, t, 32 + v, name, vfio ? "vfio" : "device", MK_CPUS, m->vec_cpu[v],
				   v ? 12 : 5, v ? n : 0);
		}
		mk_irq_row(&k, t, 0, "total", "total", MK_CPUS, -1, 5000, n / 2 + 20 * s);
		mk_irq_row(&k, t, 0, "LOC", "arch", MK_CPUS, -1, 90000, 250 * s);
		mk_irq_row(&k, t, 0, "RES", "arch", MK_CPUS, -1, 700, 40 * s);
		mk_irq_row(&k, t, 0, "CAL", "arch", MK_CPUS, -1, 300, 5 * s);
		mk_irq_row(&k, t, 0, "PIN", "arch", MK_CPUS, -1, 0, m->host_ratio < .1 ? n / 40 : 0);
		mk_irq_row(&k, t, 0, "PIW", "arch", MK_CPUS, -1, 0, m->host_ratio < .1 ? n / 20 : 0);
	}
	return f ? pb_rundir_commit(d, f, "host/interrupts.csv", NULL) : 0;
}

static inline int mk_affinity(const struct mk_run *m, struct pb_rundir *d)
{
	struct mk_csv k;
	bool vfio = strcmp(m->path, "vfio") == 0;
	FILE *f = mk_begin(m, d, &k, "host/affinity.csv",
			   "t_ns,irq,name,smp_affinity_list,effective_affinity_list,managed");

	for (int end = 0; f && end < 2; end++) {
		for (int v = 0; v < MK_VECS; v++) {
			char name[64], cpu[16];

			snprintf(name, sizeof(name), vfio ? "vfio-msix[%d](" MK_BDF ")" : "nvme1q%d", v);
			snprintf(cpu, sizeof(cpu), "%d", m->vec_cpu[v]);
			mk_i64(&k, end ? mk_finish(m) : MK_T0);
			mk_i64(&k, 32 + v);
			mk_str(&k, name);
			mk_str(&k, m->vec_allowed);
			mk_str(&k, cpu);
			mk_i64(&k, m->managed < 0 ? PB_NA : m->managed);
			mk_end(&k);
		}
	}
	return f ? pb_rundir_commit(d, f, "host/affinity.csv", NULL) : 0;
}

static inline bool mk_is_vcpu(const struct mk_run *m, int cpu)
{
	return m->vcpu_cpu[0] == cpu || m->vcpu_cpu[1] == cpu;
}

static inline int mk_cpu_csv(const struct mk_run *m, struct pb_rundir *d, const char *name, int cpus)
{
	struct mk_csv k;
	bool host = cpus == MK_CPUS;
	FILE *f = mk_begin(
		m, d, &k, name,
		"t_ns,cpu,user_ns,nice_ns,system_ns,idle_ns,iowait_ns,irq_ns,softirq_ns,steal_ns,guest_ns,"
		"guest_nice_ns");

	for (int64_t t = MK_T0; f && t <= mk_finish(m); t += MK_TICK) {
		for (int c = 0; c < cpus; c++) {
			double load = mk_done(m, t) / 11520; /* seconds of full load so far */
			double wall = (double)(t - MK_T0) / 1e9;
			double guest = host && mk_is_vcpu(m, c) ? .62 * load : 0, irq = m->irqtime[c] * load;
			double sys = m->busy[c] * wall + (host ? .1 * guest : .4 * load);

			mk_i64(&k, t);
			mk_i64(&k, c);
			mk_i64(&k, (int64_t)((guest + .01 * wall) * 1e9));
			mk_i64(&k, 0);
			mk_i64(&k, (int64_t)(sys * 1e9));
			mk_i64(&k, (int64_t)((wall * .99 - guest - sys - irq) * 1e9));
			mk_i64(&k, 0);
			mk_i64(&k, (int64_t)(irq * .6e9));
			mk_i64(&k, (int64_t)(irq * .4e9));
			mk_i64(&k, 0);
			mk_i64(&k, (int64_t)(guest * 1e9));
			mk_i64(&k, 0);
			mk_end(&k);
		}
	}
	return f ? pb_rundir_commit(d, f, name, NULL) : 0;
}

static inline int mk_threads(const struct mk_run *m, struct pb_rundir *d)
{
	static const char *const roles[] = {"vcpu0", "vcpu1", "main", "worker", "iothread"};
	static const char *const names[] = {"CPU 0/KVM", "CPU 1/KVM", "qemu-system-x86", "worker", "IO io0"};
	struct mk_csv k;
	bool virtio = strcmp(m->path, "virtio-blk") == 0;
	FILE *f = mk_begin(m, d, &k, "host/threads.csv",
			   "t_ns,pid,tid,role,name,run_ns,wait_ns,switches,last_cpu,allowed_cpus");

	for (int64_t t = MK_T0; f && t <= mk_finish(m); t += MK_TICK) {
		double load = mk_done(m, t) / 11520, wall = (double)(t - MK_T0) / 1e9;

		for (int r = 0; r < (virtio ? 5 : 4); r++) {
			double run = r < 2 ? .62 * load : r == 4 ? .3 * load : .002 * wall;

			mk_i64(&k, t);
			mk_i64(&k, 4100);
			mk_i64(&k, 4100 + r);
			mk_str(&k, roles[r]);
			mk_str(&k, names[r]);
			mk_i64(&k, (int64_t)(run * 1e9));
			mk_i64(&k, (int64_t)((r < 2 ? m->vcpu_wait : .0005) * wall * 1e9));
			mk_i64(&k, (int64_t)(r < 2 ? mk_done(m, t) * .35 : 20 * wall));
			mk_i64(&k, r < 2 ? m->vcpu_cpu[r] : 3);
			mk_str(&k, r < 2 ? m->vcpu_allowed : "0-3");
			mk_end(&k);
		}
	}
	return f ? pb_rundir_commit(d, f, "host/threads.csv", NULL) : 0;
}

static inline int mk_kvm(const struct mk_run *m, struct pb_rundir *d)
{
	struct mk_csv k;
	FILE *f = mk_begin(
		m, d, &k, "host/kvm.csv",
		"t_ns,scope,exits,io_exits,mmio_exits,irq_exits,irq_injections,halt_exits,halt_wakeup,"
		"halt_successful_poll,halt_attempted_poll,halt_poll_success_ns,halt_poll_fail_ns,"
		"halt_wait_ns,signal_exits");

	for (int64_t t = MK_T0; f && t <= mk_finish(m); t += MK_TICK) {
		static const char *const scopes[] = {"vcpu0", "vcpu1", "vm"};

		for (int s = 0; s < 3; s++) {
			double n = mk_done(m, t) * (s == 2 ? 1 : .5);

			mk_i64(&k, t);
			mk_str(&k, scopes[s]);
			mk_i64(&k, (int64_t)(n * m->exits_per_io) + 20000);
			mk_i64(&k, (int64_t)(n * .002));
			mk_i64(&k, (int64_t)(n * m->mmio_per_io));
			mk_i64(&k, (int64_t)(n * .95 * m->host_ratio));
			mk_i64(&k, (int64_t)(n * m->irq_per_io));
			mk_i64(&k, (int64_t)(n * .4));
			mk_i64(&k, (int64_t)(n * .3));
			mk_i64(&k, (int64_t)(n * .1));
			mk_i64(&k, (int64_t)(n * .4));
			mk_i64(&k, (int64_t)(n * 4000));
			mk_i64(&k, (int64_t)(n * 9000));
			mk_i64(&k, (int64_t)(n * 60000));
			mk_i64(&k, 12);
			mk_end(&k);
		}
	}
	return f ? pb_rundir_commit(d, f, "host/kvm.csv", NULL) : 0;
}

static inline int mk_pcie(const struct mk_run *m, struct pb_rundir *d)
{
	struct mk_csv k;
	FILE *f = mk_begin(
		m, d, &k, "host/pcie.csv",
		"t_ns,bdf,hop,kind,link_speed_gts,link_width,max_link_speed_gts,max_link_width,numa_node,"
		"iommu_group,driver,aer_correctable,aer_nonfatal,aer_fatal");

	for (int end = 0; f && end < 2; end++) {
		int64_t aer = end ? m->aer1 : m->aer0;

		mk_i64(&k, end ? mk_finish(m) : MK_T0);
		mk_str(&k, MK_BDF);
		mk_i64(&k, 0);
		mk_str(&k, "endpoint");
		mk_num(&k, 2.5);
		mk_i64(&k, 1);
		mk_num(&k, 2.5);
		mk_i64(&k, 1);
		mk_i64(&k, m->numa_node);
		mk_i64(&k, 3);
		mk_str(&k, strcmp(m->path, "vfio") == 0 ? "vfio-pci" : "nvme");
		mk_i64(&k, aer < 0 ? PB_NA : aer);
		mk_i64(&k, aer < 0 ? PB_NA : 0);
		mk_i64(&k, aer < 0 ? PB_NA : 0);
		mk_end(&k);
	}
	return f ? pb_rundir_commit(d, f, "host/pcie.csv", NULL) : 0;
}

static inline json_t *mk_collectors(const struct mk_run *m)
{
	static const char *const names[] = {"affinity", "cpu", "interrupts", "kvm", "pcie", "threads"};
	json_t *list = json_array();

	for (int i = 0; i < 6; i++) {
		char file[64];
		bool gone;

		snprintf(file, sizeof(file), "host/%s.csv", names[i]);
		gone = m->drop_file && strcmp(m->drop_file, file) == 0;
		json_array_append_new(list, json_pack("{s:s,s:s,s:i,s:i,s:I,s:i}", "name", names[i], "status",
						      gone ? "unavailable: not readable here" : "ok", "rows",
						      gone ? 0 : 100, "cpu_ns", 12000000, "wall_ns",
						      (json_int_t)(mk_finish(m) - MK_T0), "missed_ticks", 0));
	}
	json_array_append_new(list,
			      json_pack("{s:s,s:s,s:i,s:i,s:i,s:i}", "name", "pmu", "status", m->pmu_status,
					"rows", 0, "cpu_ns", 0, "wall_ns", 0, "missed_ticks", 0));
	return list;
}

static inline void mk_manifest_what(const struct mk_run *m, json_t *j)
{
	bool virtio = strcmp(m->path, "virtio-blk") == 0, local = strcmp(m->path, "local") == 0;

	json_object_set_new(j, "disk",
			    json_pack("{s:s,s:s?,s:s,s:s,s:s,s:I,s:i,s:s,s:s,s:i,s:s,s:i,s:[s],s:s?,s:[s]}",
				      "bdf", MK_BDF, "block", virtio || local ? "/dev/nvme1n1" : NULL,
				      "model", "QEMU NVMe Ctrl", "serial", "PBLAB0001", "firmware", "10.0.2",
				      "size_bytes", (json_int_t)1 << 30, "logical_block_bytes", 512, "path",
				      m->path, "attach", virtio ? "virtio-blk" : m->path, "numa_node",
				      m->numa_node, "local_cpus", m->local_cpus, "iommu_group", 3,
				      "iommu_group_devices", MK_BDF, "root_port", NULL, "hops", MK_BDF));
	json_object_set_new(j, "attach",
			    virtio ? json_pack("{s:s,s:s,s:b,s:s}", "cache", m->cache, "aio", m->aio,
					       "iothread", m->iothread, "write_cache", m->host_write_cache)
				   : json_null());
	json_object_set_new(
		j, "guest",
		json_pack("{s:s,s:s,s:i,s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:s,s:i,s:i,s:s?,s:i},s:[ss]}",
			  "name", "guest0", "kind", local ? "local" : "launch", "vcpus", MK_VCPUS, "mem_mib",
			  1024, "kernel", "6.12.0-lab", "agent", "0.1.0", "fio", "fio-3.33", "engine",
			  "builtin", "backend", "io_uring", "machine", "q35", "disk", "name",
			  virtio ? "vda" : "nvme0n1", "scheduler", "none", "nr_requests", 1023, "queues", 2,
			  "write_cache", m->guest_write_cache, "fua", 1, "vcpu_pins", m->vcpu_allowed,
			  m->vcpu_allowed));
	json_object_set_new(j, "profile",
			    json_pack("{s:s,s:s,s:s,s:s,s:b,s:s,s:b,s:s}", "name", "randread-4k", "title",
				      "4 KiB random reads", "rw", m->rw, "bs", "4k", "direct", m->direct,
				      "durability", m->durability, "writes", m->writes, "safety", m->safety));
	json_object_set_new(j, "goal",
			    json_pack("{s:[i,i,i,i,i,i,i],s:o,s:i}", "depths", 1, 2, 4, 8, 16, 32, 64, "slo",
				      m->slo_ns > 0 ? json_pack("{s:f,s:I}", "quantile", m->slo_q, "lat_ns",
								(json_int_t)m->slo_ns)
						    : json_null(),
				      "duration_s", 2));
}

static inline void mk_manifest(const struct mk_run *m, json_t *j)
{
	json_object_set_new(j, "command",
			    json_pack("[s,s,s,s,s,s]", "passbench", "run", "--disk", MK_BDF, "-o", "run"));
	json_object_set_new(j, "started_utc", json_string("2026-11-23T10:00:00Z"));
	json_object_set_new(j, "ended_utc", json_string("2026-11-23T10:00:20Z"));
	json_object_set_new(j, "boot_id", json_string("6f1d9a52-0f3c-4b8e-9d55-2f1c8f3a7b10"));
	json_object_set_new(
		j, "host",
		json_pack("{s:s,s:s,s:s,s:i,s:i,s:s,s:s,s:s,s:s,s:b,s:b,s:i}", "kernel", "6.12.0-lab", "qemu",
			  "10.0.2", "cpu_model", "QEMU TCG CPU version 2.5+", "cpus", MK_CPUS, "numa_nodes",
			  1, "microcode", "0x1000065", "bios", "SeaBIOS 1.16", "governor", "unknown", "iommu",
			  "intel", "lab", m->lab, "irqbalance", m->irqbalance, "halt_poll_ns", 200000));
	mk_manifest_what(m, j);
	json_object_set_new(j, "search",
			    json_pack("{s:s,s:n,s:n}", "mode", "list", "chosen_depth", "reason"));
	json_object_set_new(j, "clock",
			    json_pack("{s:s,s:I,s:f,s:f,s:i}", "method", "ping", "offset_ns",
				      (json_int_t)4812345678901LL, "drift_ppm", 0.4, "bound_ns",
				      m->clock_bound_ns, "pings", 48));
	json_object_set_new(j, "collectors", mk_collectors(m));
	json_object_set_new(j, "sampling",
			    json_pack("{s:I,s:f}", "interval_ns", (json_int_t)MK_TICK, "cpu_share",
				      m->sampler_cpu_share));
	json_object_set_new(j, "warnings", json_array());
	json_object_set_new(j, "fio",
			    json_pack("{s:I,s:I,s:f}", "completed",
				      (json_int_t)(mk_done(m, mk_finish(m)) * m->fio_ratio), "page_completed",
				      (json_int_t)mk_done(m, mk_finish(m)), "ratio", m->fio_ratio));
}

static inline int mk_topology(const struct mk_run *m, struct pb_rundir *d)
{
	hwloc_topology_t topo;
	char *xml = NULL;
	int len = 0, ret = -1;

	if (!m->topology)
		return 0;
	hwloc_topology_init(&topo);
	if (hwloc_topology_set_synthetic(topo, m->topology) == 0 && hwloc_topology_load(topo) == 0 &&
	    hwloc_topology_export_xmlbuffer(topo, &xml, &len, 0) == 0) {
		ret = pb_rundir_put(d, "topology.xml", xml, strlen(xml), NULL);
		hwloc_free_xmlbuffer(topo, xml);
	}
	hwloc_topology_destroy(topo);
	return ret;
}

/* Writes the whole run directory at `path` (absent or empty). 0 or negative. */
static inline int mk_write(const struct mk_run *m, const char *path)
{
	static const char fio[] =
		"[global]\nioengine=passthru\nfilename=${PASSBENCH_DISK}\nrw=randread\nbs=4k\n"
		"direct=1\ntime_based=1\n\n[job]\niodepth=64\n";
	static const char json[] = "{\n  \"fio version\": \"fio-3.33\",\n  \"jobs\": []\n}\n";
	bool local = strcmp(m->path, "local") == 0;
	struct pb_rundir d;
	int bad;

	if (pb_rundir_create(&d, path, NULL))
		return -1;
	mk_manifest(m, d.manifest);
	bad = pb_rundir_put(&d, "profile.fio", fio, sizeof(fio) - 1, NULL);
	bad |= pb_rundir_put(&d, "guest/guest0/fio.json", json, sizeof(json) - 1, NULL);
	bad |= mk_steps_csv(m, &d) | mk_latency_csv(m, &d) | mk_engine_csv(m, &d);
	bad |= mk_guest_interrupts(m, &d) | mk_cpu_csv(m, &d, "guest/guest0/cpu.csv", MK_VCPUS);
	bad |= mk_host_interrupts(m, &d) | mk_affinity(m, &d) | mk_cpu_csv(m, &d, "host/cpu.csv", MK_CPUS);
	bad |= mk_pcie(m, &d) | mk_topology(m, &d);
	if (!local)
		bad |= mk_threads(m, &d) | mk_kvm(m, &d);
	bad |= pb_rundir_seal(&d, NULL);
	pb_rundir_close(&d);
	return bad ? -1 : 0;
}

#endif
