/*
 * Measures the depths that the search asks for, in one open session: sampling
 * until a depth is known well enough, pooling its windows, saying what was found.
 */
#ifndef PB_RUN_WALK_H
#define PB_RUN_WALK_H

#include "engine/run/pool.h"
#include "engine/run/search.h"
#include "engine/run/session.h"

#define PB_WALK_ROWS_MS 10 /* rows of the engine's counters: 20 of them, the fewest batches, take 200 ms */

struct pb_slo {
	double quantile; /* 0.99; 0 = no SLO */
	double lat_ns;
};

/* "p99=2ms", "p99.9=500us". PB_USAGE otherwise. */
int pb_slo_parse(struct pb_slo *slo, const char *text, struct pb_err *err);

struct pb_walk {
	struct pb_session *s; /* borrowed, open */
	struct pb_search search;
	struct pb_slo slo;
	unsigned windows; /* measured so far */
	int duration_ms;  /* per depth; with a search the most one depth may take in all */
	struct {
		unsigned depth;
		struct pb_pool pool;
	} at[PB_SEARCH_POINTS]; /* by order of the first visit */
	unsigned n;
};

int pb_walk(struct pb_walk *w, struct pb_err *err);
void pb_walk_fini(struct pb_walk *w);
/* Says the conclusion; the manifest's "search" as a new reference, null for a list. */
json_t *pb_walk_conclude(struct pb_walk *w);

#endif
