/*
 * What a run is compared by: one number for each quantity and queue depth, from steps.csv and the host's
 * counters of CPU time. Judges nothing, and knows nothing of other runs.
 */
#ifndef PB_COMPARE_METRICS_H
#define PB_COMPARE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/lib/err.h"
#include "engine/lib/rundir.h"

struct pb_metric {
	char *name;       /* "iops@16", "lat_p99@16": quantity and queue depth; owned by the list */
	const char *unit; /* "1/s", "bytes/s", "ns", "us"; borrowed, lives as long as the program */
	bool higher_is_better;
	double value; /* NAN = the run has no such number (an interval without I/O has no latency) */
};

struct pb_metrics {
	struct pb_metric *v; /* n, sorted by name as pb_metric_order does; names are unique */
	size_t n;
	int64_t *rejected; /* n_rejected depths that were measured without one valid window, ascending */
	size_t n_rejected;
};

/*
 * Per measured depth: iops, bandwidth, lat_mean, lat_p50, lat_p99, lat_p999 from the valid windows of
 * steps.csv; cpu_us_per_io (busy time of all host CPUs) and qemu_us_per_io (QEMU's threads) where the run has
 * the counters. Several windows of a depth give their median. Windows of `run --steady` before the curve and
 * arms of a tuned change are not counted. A run without any valid window gives n = 0 and 0.
 */
int pb_metrics_read(struct pb_metrics *m, const char *dir, struct pb_err *err); /* verifies the hashes */
int pb_metrics_of(struct pb_metrics *m, const struct pb_rundir *d, struct pb_err *err); /* of an open run */
void pb_metrics_fini(struct pb_metrics *m);

/* The order of names: natural, so that iops@2 comes before iops@16. As strcmp. */
int pb_metric_order(const char *a, const char *b);
/* NULL when there is none of that name. */
const struct pb_metric *pb_metrics_find(const struct pb_metrics *m, const char *name);

#endif
