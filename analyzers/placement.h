/*
 * Who runs where: which CPUs the vCPU threads use, how busy each CPU is,
 * which CPUs belong to the disk's NUMA node, and the CPU that is best to take interrupts.
 */
#ifndef PB_ANALYZERS_PLACEMENT_H
#define PB_ANALYZERS_PLACEMENT_H

#include <stdbool.h>

#include "analyzers/analyzer.h"

#define PB_CPUS_MAX 1024

struct pb_cpu_use {
	bool online;       /* has rows in host/cpu.csv */
	bool local;        /* in the disk's local CPUs (all, when its node is unknown) */
	bool sibling_busy; /* shares a core with a CPU that runs a vCPU (topology.xml) */
	double vcpu_share; /* largest share of samples in which one vCPU thread was on it, 0..1 */
	double busy;       /* share of time not idle, NAN = unknown */
	double irq;        /* share of time in irq and softirq, NAN = unknown */
};

struct pb_placement {
	struct pb_cpu_use *cpu; /* PB_CPUS_MAX of them, owned */
	bool have_cpu, have_threads, have_node, have_topology;
};

/* Everything over the window [t0, t1]. 0 or -ENOMEM. */
int pb_placement_read(struct pb_placement *p, struct pb_run *run, int64_t t0_ns, int64_t t1_ns);
void pb_placement_fini(struct pb_placement *p);
/* Fills out[] with at most max CPUs fit to take interrupts, best first: local, no vCPU, no busy sibling,
 * idle. */
unsigned pb_placement_housekeeping(const struct pb_placement *p, int *out, unsigned max);
/*
 * The share of wall time that a vCPU with a CPU to itself may wait for it (docs/rules.md R-V2): more in the
 * lab, whose kernel threads take tens of times as long.
 */
double pb_placement_wait_max(const struct pb_run *run);
/* True when `cpu` is in a kernel list such as "0-3,8". */
bool pb_cpulist_has(const char *list, int cpu);

#endif
