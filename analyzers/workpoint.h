/*
 * Which measured depth a rule should look at: the one with the largest throughput, or the one that the
 * workload is going to run at.
 */
#ifndef PB_ANALYZERS_WORKPOINT_H
#define PB_ANALYZERS_WORKPOINT_H

#include "analyzers/sweep.h"

/* docs/rules.md R-P1, R-I9: up to here the time between two completions decides, not how many there are */
#define PB_SHALLOW 4

/* The valid point with the largest throughput; false when there is none. */
bool pb_workpoint_top(struct pb_point *p, struct pb_run *run);
/* The smallest valid depth. */
bool pb_workpoint_low(struct pb_point *p, struct pb_run *run);
/*
 * The depth for the workload: what R-Q1 or R-Q2 recommend (found in `out`, so call this from families
 * after `depth`), else the deepest valid one, because somebody who measures depth 1 only runs at depth 1.
 */
bool pb_workpoint_used(struct pb_point *p, struct pb_run *run, const struct pb_findings *out);
/* Quantile q of the latencies in that point's (last) window, in ns; dir "read", "write" or NULL = all. NAN
 * without guest/NAME/latency.csv. */
double pb_workpoint_quantile(const struct pb_point *p, struct pb_run *run, const char *dir, double q);

#endif
