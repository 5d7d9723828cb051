/*
 * The measured steps of an imported run: steps.csv, and guest/imported/latency.csv where the tool kept a
 * histogram.
 */
#ifndef PB_IMPORT_STEPFILE_H
#define PB_IMPORT_STEPFILE_H

#include <stdint.h>

#include "engine/lib/hist.h"
#include "engine/lib/rundir.h"
#include "engine/lib/stats.h"

#define PB_IMPORT_GUEST "imported" /* the name of the place where the load ran, which nobody described */

enum pb_direction { PB_DIR_READ, PB_DIR_WRITE, PB_DIR_TRIM, PB_DIRECTIONS };
extern const char *const pb_direction_names[PB_DIRECTIONS];

/* One step; NAN where the tool did not say. */
struct pb_import_step {
	int64_t t0_ns, t1_ns;
	int64_t depth;
	double mean_depth;
	double completed, failed, bytes;
	struct pb_ci iops;
	double bw_bytes_s, lat_mean_ns;
	struct pb_ci p50_ns, p99_ns;
	double p999_ns;
	double batches, lag1;
	const char *reason; /* why it is not valid, as steps.csv has it; "" = valid. Borrowed */
	/* latencies by fio's bins; NULL = none. Borrowed */
	const uint64_t (*bins)[PB_HIST_BINS];
};

/* All NAN, valid. */
void pb_import_step_init(struct pb_import_step *s);

struct pb_stepfile {
	struct pb_rundir *dir;
	FILE *steps, *latency;
	unsigned n;                /* steps written */
	int64_t first_ns, last_ns; /* from the first's beginning to the last's end */
	double failed;             /* I/Os, in all steps; NAN when one step does not know */
};

int pb_stepfile_add(struct pb_stepfile *f, const struct pb_import_step *s, struct pb_err *err);
int pb_stepfile_finish(struct pb_stepfile *f, struct pb_err *err);
void pb_stepfile_cancel(struct pb_stepfile *f); /* after a failure; also after _finish */

#endif
