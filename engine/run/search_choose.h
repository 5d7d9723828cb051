/*
 * What a set of measured depths says as it is: shared by the search, which
 * asks where to measure next, and by its conclusion.
 */
#ifndef PB_RUN_SEARCH_CHOOSE_H
#define PB_RUN_SEARCH_CHOOSE_H

#include "engine/run/search.h"

#define PB_SEARCH_MIN_POINTS 6 /* no knee is named on fewer (tuning.md A2 pitfall d: two past saturation) */

/* The valid point with the largest estimate; NULL when none is valid. */
const struct pb_search_point *pb_search_best(const struct pb_search *s);
/* IOPS of the plateau; NAN when no point is valid. */
double pb_search_plateau(const struct pb_search *s);
/* True without an SLO. */
bool pb_search_meets_slo(const struct pb_search *s, const struct pb_search_point *p);
/* What reaches the plateau: PB_PLATEAU_SHARE of it. */
double pb_search_enough(const struct pb_search *s);
/* Index of the depth that the estimates favour, whatever their intervals; with an SLO the one that its upper
 * bounds allow. -1 when there is none. */
int pb_search_likely(const struct pb_search *s);
/* The deepest valid point when its last doubling still gained PB_FLAT_GAIN over *prev, else NULL. */
const struct pb_search_point *pb_search_rising(const struct pb_search *s,
					       const struct pb_search_point **prev);

/*
 * Without an SLO: the smallest and the largest depth that the intervals allow the plateau to begin at, as
 * indices; -1 when no point is valid. The largest is the smallest whose lower bound reaches it, or the last.
 */
void pb_search_open(const struct pb_search *s, int *lo, int *hi);

#endif
