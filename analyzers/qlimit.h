/*
 * How many I/Os the disk's queues in the guest take, and whether the sweep ran into that.
 */
#ifndef PB_ANALYZERS_QLIMIT_H
#define PB_ANALYZERS_QLIMIT_H

#include "analyzers/sweep.h"

/* docs/rules.md A4: in flight at this share of a limit is at the limit */
#define PB_QLIMIT_SHARE 0.98

struct pb_qlimit {
	int64_t nr_requests, queues; /* as the guest says; PB_NA = unknown */
	int64_t used;                /* queues that complete I/Os: one vector each */
	bool used_known;             /* false: taken for all queues */
	double busiest;              /* share of the completions of the busiest queue, NAN = unknown */
	int64_t limit;               /* nr_requests * used; 0 = unknown */
	double in_flight;            /* largest measured depth */
	const struct pb_point *at;   /* the first point at the limit; NULL = none */
	bool hit; /* throughput still grew where the sweep reached the limit, and not beyond it */
};

/* `s` holds valid points only, and stays the caller's. */
void pb_qlimit_read(struct pb_qlimit *q, struct pb_run *run, const struct pb_sweep *s);

#endif
