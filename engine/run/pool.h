/*
 * Everything measured at one depth, over as many windows as it took: rates and
 * latencies pooled, and whether they say enough.
 */
#ifndef PB_RUN_POOL_H
#define PB_RUN_POOL_H

#include "engine/lib/stats_batch.h"
#include "engine/run/measure.h"
#include "engine/run/search.h"

#define PB_TAIL_MIN 100 /* completions beyond a quantile that bound it well (tuning.md A3) */

struct pb_pool {
	double *rates; /* owned; of all valid windows in order of time */
	unsigned n_rates;
	uint64_t hist[PB_HIST_BINS]; /* latencies of all directions */
	int64_t completed, failed, sampled_ns;
	unsigned windows, valid_windows;
};

void pb_pool_fini(struct pb_pool *p);
/* Takes the window in; an invalid one counts, but gives no data. -ENOMEM. */
int pb_pool_add(struct pb_pool *p, const struct pb_step *s, struct pb_err *err);
/*
 * Whether pool and a window that is being sampled together know IOPS to rel (half-width of the interval) and,
 * with quantile > 0, have PB_TAIL_MIN completions beyond it.
 */
bool pb_pool_enough(const struct pb_pool *p, const struct pb_step *so_far, double rel, double quantile);
/* Completions beyond the quantile. */
double pb_pool_tail(const struct pb_pool *p, double quantile);
/* Everything but spent; quantile 0 = no SLO. The depth is invalid when an I/O failed or no window is valid.
 */
void pb_pool_point(const struct pb_pool *p, unsigned depth, double quantile, struct pb_search_point *out);

#endif
