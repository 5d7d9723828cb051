/*
 * A second mode in the latencies of depth 1 that is not there at a higher depth: what waking up looks like.
 */
#ifndef PB_ANALYZERS_MODES_H
#define PB_ANALYZERS_MODES_H

#include <stdbool.h>

#include "analyzers/analyzer.h"

/* [ours] a mode with fewer of the I/Os is a tail, not a mode */
#define PB_MODES_SHARE 0.05

struct pb_modes {
	bool second;                      /* the second mode is there at depth 1 and gone at busy_depth */
	double first_ns, extra_ns, share; /* the modes' distance and the second one's share of I/Os */
	int64_t busy_depth;
	double busy_share;    /* of the I/Os at busy_depth as far beyond its own first mode */
	int64_t t0_ns, t1_ns; /* depth 1's window */
};

/* second is false when latency.csv or one of the depths is missing. 0 or -ENOMEM. */
int pb_modes_read(struct pb_modes *m, struct pb_run *run);

#endif
