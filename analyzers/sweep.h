/*
 * The measured depth curve: the sweep rows of steps.csv in order of depth,
 * and the window that rates are taken over.
 */
#ifndef PB_ANALYZERS_SWEEP_H
#define PB_ANALYZERS_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/analyzer.h"

#define PB_SWEEP_MAX 256

/* One measured depth; NAN or PB_NA where the cell was empty. */
struct pb_point {
	int64_t t0_ns, t1_ns;
	int64_t depth, completed, failed;
	double mean_depth;
	double iops, iops_lo, iops_hi;
	double bw_bytes_s;
	double lat_mean_ns;
	double p50_ns, p50_hi_ns, p99_ns, p99_lo_ns, p99_hi_ns, p999_ns;
	bool valid;
	const char *reason; /* borrowed from the table */
};

struct pb_sweep {
	struct pb_point p[PB_SWEEP_MAX]; /* n points by depth, invalid ones too */
	unsigned n, n_valid;
};

/* An interval that can be one of a clock, and that can be reckoned with: a table's cells can say anything. */
bool pb_sweep_window(int64_t t0_ns, int64_t t1_ns);
/* Reads phase "sweep"; several valid windows of one depth become one point, with the pooled IOPS of the
 * manifest's search where it has them. Without steps.csv n is 0. A row without depth or window is left out.
 */
void pb_sweep_read(struct pb_sweep *s, struct pb_run *run);
/* The valid point with the largest throughput, the smaller depth on a tie; NULL when there is none. */
const struct pb_point *pb_sweep_top(const struct pb_sweep *s);
/* Keeps the valid points only. */
void pb_sweep_valid(struct pb_sweep *s);

#endif
