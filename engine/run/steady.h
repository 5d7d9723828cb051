/*
 * Rounds of the profile until SNIA's rule calls the disk steady.
 */
#ifndef PB_RUN_STEADY_H
#define PB_RUN_STEADY_H

#include "engine/lib/stats_batch.h"
#include "engine/run/session.h"

#define PB_STEADY_ROUNDS_MAX 25 /* SNIA PTS */

struct pb_steady_run {
	unsigned depth;
	int round_ms;
	unsigned n;
	double iops[PB_STEADY_ROUNDS_MAX];
	struct pb_steady verdict; /* of the last rounds */
};

/*
 * Measures rounds at depth until they are steady or PB_STEADY_ROUNDS_MAX are over; writes steady.csv, says
 * the verdict, and warns when there is none. Not steady is no error: what is measured after it carries the
 * warning.
 */
int pb_steady_reach(struct pb_session *s, struct pb_steady_run *r, struct pb_err *err);
/* The manifest's "steady" as a new reference; r NULL: the rounds were skipped (--quick). */
json_t *pb_steady_json(const struct pb_session *s, const struct pb_steady_run *r);

#endif
