/*
 * The measured windows of a run, from steps.csv, as the reports need them.
 */
#ifndef PB_REPORTS_STEPS_H
#define PB_REPORTS_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/lib/csv.h"
#include "engine/lib/stats.h"

struct pb_step {
	int64_t t0_ns, t1_ns;
	char phase; /* 's' sweep, 'a', 'b'; '?' anything else */
	int64_t block;
	double depth, mean_depth, completed, failed, bw_bytes_s, lat_mean_ns, p999_ns, lag1;
	struct pb_ci iops, p50_ns, p99_ns;
	bool valid;
	const char *reason, *guest; /* borrowed from the table */
};

struct pb_steps {
	struct pb_table *table; /* owned; NULL when there is no steps.csv */
	struct pb_step *v;
	size_t n;
};

/* Reads path below dirfd. A file that does not exist gives no steps and 0. */
int pb_steps_read(struct pb_steps *s, int dirfd, const char *path, struct pb_err *err);
void pb_steps_fini(struct pb_steps *s);
/* First and last stamp over all steps; false when there are none. */
bool pb_steps_span(const struct pb_steps *s, int64_t *t0_ns, int64_t *t1_ns);

#endif
