/*
 * Whose work keeps a host CPU busy: the measured guest's threads, interrupt handlers, or somebody else.
 */
#ifndef PB_ANALYZERS_CPUWORK_H
#define PB_ANALYZERS_CPUWORK_H

#include "analyzers/analyzer.h"

struct pb_cpuwork {
	double *ours; /* share of each CPU's time that QEMU's threads ran there at most; PB_CPUS_MAX, owned */
	bool known;   /* host/threads.csv has run times for the window */
};

/*
 * From the run times of all QEMU threads, each difference counted on the CPUs where the thread was seen
 * before and after it: an upper bound, so that what is left is certainly somebody else's. 0 or -ENOMEM.
 */
int pb_cpuwork_read(struct pb_cpuwork *w, struct pb_run *run, int64_t t0_ns, int64_t t1_ns);
void pb_cpuwork_fini(struct pb_cpuwork *w);
/* Largest share of the time that a vCPU thread waited for a CPU; NAN = unknown. */
double pb_cpuwork_wait(struct pb_run *run, int64_t t0_ns, int64_t t1_ns);

#endif
