/*
 * The same disk measured alone, as `passbench run --solo DIR` noted it in the manifest: what neighbours cost.
 */
#ifndef PB_ANALYZERS_SOLO_H
#define PB_ANALYZERS_SOLO_H

#include "analyzers/sweep.h"

struct pb_solo {
	bool known;
	int64_t depth;               /* the deepest depth that both runs measured */
	double iops, joint_iops;     /* there, alone and in this run */
	double p99_ns, joint_p99_ns; /* NAN = not known */
	double ratio, ratio_lo;      /* alone over joint; lower bound from both intervals, NAN = none */
};

/* known is false when the manifest has no such section or no depth in common. */
void pb_solo_read(struct pb_solo *o, const struct pb_run *run, const struct pb_sweep *valid);

#endif
