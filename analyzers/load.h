/*
 * How busy what an I/O passes through was in a window: vCPUs, the guest's CPUs, QEMU's I/O threads, the
 * CPUs of the path that others use. Shares of one CPU; NAN = not known. Numbers only, nothing is judged.
 */
#ifndef PB_ANALYZERS_LOAD_H
#define PB_ANALYZERS_LOAD_H

#include "analyzers/analyzer.h"

struct pb_load_cpu {
	int cpu;              /* -1 = none known */
	double share, second; /* the busiest one, and the next */
};

struct pb_load {
	/* the vCPU thread that wants its CPU most: run + wait; outside: share of its time on a CPU spent in
	 * QEMU and the kernel instead of the guest */
	char vcpu[32];
	double vcpu_run, vcpu_wait, vcpu_outside;
	/* the busiest of QEMU's iothreads, of its main thread when it has none */
	char io[32];
	double io_run, io_second;
	struct pb_load_cpu guest;     /* the guest's CPUs: user and system */
	struct pb_load_cpu guest_irq; /* the guest's CPUs: irq and softirq */
	struct pb_load_cpu host_irq;  /* the host's CPUs: irq and softirq */
	/* the CPU of the path (where a vCPU runs or a vector of the disk is taken) that others use most */
	int foreign_cpu;              /* -1 = none known */
	double foreign_busy, foreign; /* in all, and by what is neither QEMU nor interrupts */
};

/* Over [t0, t1]. 0 or -ENOMEM. */
int pb_load_read(struct pb_load *l, struct pb_run *run, int64_t t0_ns, int64_t t1_ns);

#endif
