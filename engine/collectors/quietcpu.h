/*
 * Which CPUs belong to what is being measured, and a CPU for the sampler that is none of them.
 */
#ifndef PB_COLLECTORS_QUIETCPU_H
#define PB_COLLECTORS_QUIETCPU_H

#include <sched.h>

#include "engine/collectors/collector.h"

#define PB_CPUSETS 8u /* of 1024 CPUs each: the kernel's NR_CPUS limit on x86-64 */

struct pb_cpuset {
	cpu_set_t set[PB_CPUSETS]; /* for CPU_SET_S and friends, with sizeof(struct pb_cpuset) */
};

struct pb_quietcpu {
	int cpu;               /* -1: there is none, or nothing to keep away from */
	struct pb_cpuset free; /* `own` less the measured CPUs; meaningful when cpu >= 0 */
	char why[160];         /* one phrase for the manifest */
};

/*
 * Measured are the CPUs that vCPU threads and iothreads of t->qemu_pid may use, and those that the vectors of
 * t->bdf interrupt. Chooses from `own`, the CPUs this process may use: one whose core does no measured work,
 * if possible, and not CPU 0, to which the kernel gives its own interrupts.
 */
void pb_quietcpu_pick(const struct pb_target *t, const struct pb_cpuset *own, struct pb_quietcpu *q);

#endif
