/*
 * Who was where while it was measured: interrupts of the disk's vectors and
 * time of the vCPU threads, by host CPU.
 */
#ifndef PB_REPORTS_OCCUPANCY_H
#define PB_REPORTS_OCCUPANCY_H

#include "reports/facts.h"

struct pb_placed {
	char key[24], label[64];
	double *on;   /* one weight per CPU: interrupts/s, or samples seen there */
	double total; /* sum of on[] */
};

struct pb_occupancy {
	char (*cpu)[16]; /* numbers as text: "0", "1", ... */
	size_t n_cpu;
	struct pb_placed *vector, *vcpu;
	size_t n_vector, n_vcpu; /* vectors: heaviest first; vcpus in natural order */
};

/* From the first to the last measured window. Tables the run lacks give empty lists. */
int pb_occupancy_read(struct pb_occupancy *p, const struct pb_facts *f, struct pb_err *err);
void pb_occupancy_fini(struct pb_occupancy *p);

#endif
