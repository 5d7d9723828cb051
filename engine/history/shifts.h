/*
 * What a change point means: the levels before and after, their ratio, better or worse, and what else
 * changed there. Where the change points are is edivisive.c.
 */
#ifndef PB_HISTORY_SHIFTS_H
#define PB_HISTORY_SHIFTS_H

#include "engine/history/edivisive.h"
#include "engine/history/past.h"
#include "engine/lib/stats.h"

enum pb_shift_kind {
	PB_SHIFT_BETTER,
	PB_SHIFT_WORSE,
	PB_SHIFT_SPREAD /* the interval of the ratio holds 1: the distribution changed, the level not for
			    sure */
};

struct pb_shift {
	size_t at; /* index of the first point of the new level */
	double p;
	double before, after; /* medians of the segments on both sides */
	struct pb_ci ratio;   /* after / before with its 95% interval; NAN where a value is not above 0 */
	enum pb_shift_kind kind;
	struct pb_strv environment; /* what changed of it at that place: name, before, after, name, ... */
};

struct pb_shifts {
	struct pb_shift *v;
	size_t n;
};

const char *pb_shift_name(enum pb_shift_kind kind); /* "better", "worse", "spread" */

/*
 * The changes of one metric in one series, in order of time. The ratio is the Hodges-Lehmann estimate of
 * pb_stats_compare between the two segments (at most 300 points on each side); since the split was chosen by
 * the same points, its interval is a little too narrow. A change of the environment belongs to it when it
 * lies at most PB_SHIFT_NEAR runs away: that is how well a change is placed. 0 or -errno with a message.
 */
#define PB_SHIFT_NEAR 2
int pb_shifts_find(struct pb_shifts *c, struct pb_edivisive *e, const struct pb_past *p,
		   const struct pb_past_points *pts, bool higher_is_better, struct pb_err *err);
void pb_shifts_fini(struct pb_shifts *c);

#endif
