/*
 * The tables of mkrun.h: steps, engine, latency, interrupts, CPUs, threads,
 * kvm and pcie, as docs/run-directory.md has them.
 */
#ifndef PB_TESTS_MKRUN_TABLES_H
#define PB_TESTS_MKRUN_TABLES_H

#include "tests/unit/mkrun_model.h"

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

/* The first failed I/O is a flush, which has no place; the others are reads. */
static inline int mk_errors_csv(const struct mk_run *m, struct pb_rundir *d)
{
	struct mk_csv k;
	const char *name = "guest/guest0/errors.csv";
	FILE *f = m->faults ? mk_begin(m, d, &k, name, "t_ns,job,dir,errno,error,offset_bytes,length_bytes")
			    : NULL;

	for (int i = 0; f && i < m->faults; i++) {
		mk_i64(&k, MK_T0 + i);
		mk_i64(&k, 0);
		mk_str(&k, i ? "read" : "flush");
		mk_i64(&k, i ? 61 : 5);
		mk_str(&k, i ? "ENODATA" : "EIO");
		mk_i64(&k, i ? 8388608 * i : PB_NA);
		mk_i64(&k, i ? 4096 : PB_NA);
		mk_end(&k);
	}
	return f ? pb_rundir_commit(d, f, name, NULL) : 0;
}

static inline int mk_block_csv(const struct mk_run *m, struct pb_rundir *d)
{
	struct mk_csv k;
	const char *name = "guest/guest0/block.csv";
	FILE *f = m->device_share > 0
			  ? mk_begin(m, d, &k, name, "t_ns,disk,reads,read_merges,writes,write_merges")
			  : NULL;

	for (int64_t t = MK_T0; f && t <= mk_finish(m); t += MK_TICK) {
		double n = m->device_frozen ? 0 : mk_done(m, t) * m->device_share;

		mk_i64(&k, t);
		mk_str(&k, "nvme0n1");
		mk_i64(&k, 100 + (int64_t)(m->writes ? 0 : n * .75)); /* a quarter was merged */
		mk_i64(&k, 7 + (int64_t)(m->writes ? 0 : n * .25));
		mk_i64(&k, 40 + (int64_t)(m->writes ? n : 0));
		mk_i64(&k, 1);
		mk_end(&k);
	}
	return f ? pb_rundir_commit(d, f, name, NULL) : 0;
}

/* Only in a run of integrity mode. */
static inline int mk_integrity_csv(const struct mk_run *m, struct pb_rundir *d)
{
	struct mk_csv k;
	FILE *f = m->integrity ? mk_begin(m, d, &k, "integrity.csv", "lba,kind,expected,found") : NULL;

	for (int i = 0; f && i < m->bad_rows; i++) {
		mk_i64(&k, 8 * i);
		mk_str(&k, i ? "stale" : "torn");
		mk_str(&k, "pass 2");
		mk_str(&k, "pass 1");
		mk_end(&k);
	}
	return f ? pb_rundir_commit(d, f, "integrity.csv", NULL) : 0;
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
		mk_irq_row(&k, t, 27, "virtio0-virtqueues", "device", 2, 1, 30,
			   12 * s); /* the agent's port */
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
	char columns[16 * MK_CPUS + 32] = "t_ns,irq,name,kind";
	FILE *f;

	for (int c = 0; c < MK_CPUS; c++)
		snprintf(columns + strlen(columns), 16, ",cpu%d", c);
	f = mk_begin(m, d, &k, "host/interrupts.csv", columns);

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
		mk_irq_row(&k, t, 0, "PIN", "arch", MK_CPUS, -1, 0,
			   m->host_ratio < .1 ? mk_done(m, t) / 80 : 0);
		mk_irq_row(&k, t, 0, "PIW", "arch", MK_CPUS, -1, 0,
			   m->host_ratio < .1 ? mk_done(m, t) / 40 : 0);
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

	for (int64_t t = MK_T0; f && t <= mk_finish(m);
	     t += MK_TICK * (m->threads_every ? m->threads_every : 1)) {
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

		for (int s = m->kvm_vm ? 2 : 0; s < (m->kvm_vm ? 3 : 2); s++) {
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

#endif
