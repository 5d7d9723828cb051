/*
 * Which depths to measure: a given list, or a search that starts coarse,
 * refines around the knee and goes back where an interval still decides. Pure decisions over finished points,
 * so that tests can drive it with simulated devices; measuring is the caller's.
 */
#ifndef PB_RUN_SEARCH_H
#define PB_RUN_SEARCH_H

#include <stdbool.h>

#include "engine/lib/err.h"
#include "engine/lib/stats.h"

#define PB_SEARCH_POINTS 64
#define PB_SEARCH_VISITS 8   /* windows one depth gets at most */
#define PB_SEARCH_EXTRA 20   /* windows besides one for each doubling, at most: refining and going back */
#define PB_SEARCH_LONGER 26  /* the same while noise leaves open more than one doubling */
#define PB_SEARCH_WINDOWS 96 /* that are compared; later ones only count for their own depth */
#define PB_DEPTH_MAX 1024

/* Smallest depth whose lower bound reaches this share of the best IOPS is the plateau's begin (tuning.md A2
 * rule 2). */
#define PB_PLATEAU_SHARE 0.95
/* A curve whose last doubling still gains this much has not flattened (tuning.md A2 pitfall c). */
#define PB_FLAT_GAIN 1.05

/* What is known of one depth, from all its windows. */
struct pb_search_point {
	unsigned depth;
	double iops, iops_lo, iops_hi;
	double slo_lo_ns,
		slo_hi_ns; /* bounds of the SLO's quantile; NAN without SLO or when there are none */
	bool valid;
	bool spent; /* has had all the time one depth may take */
	unsigned windows;
	bool confirmed; /* a window of its own kept the SLO */
	bool broken;    /* a window of its own broke the SLO */
};

/* One valid window, as search_fit.c compares it with the others. */
struct pb_search_window {
	unsigned depth;
	double t_s, log_iops, var; /* end; variance of log_iops from inside the window */
};

struct pb_search {
	bool automatic;
	unsigned list[PB_SEARCH_POINTS];
	unsigned n_list;
	unsigned max_depth;
	double slo_ns;                              /* latency the quantile must stay under; 0 = none */
	struct pb_search_point p[PB_SEARCH_POINTS]; /* by depth */
	unsigned n;
	struct pb_search_window w[PB_SEARCH_WINDOWS]; /* in order of time */
	unsigned n_w;
	unsigned char variances[2]; /* where search_fit.c's climb starts */
};

/* text: "16", "1,2,4" or "auto"; 1..PB_DEPTH_MAX each, at most PB_SEARCH_POINTS, duplicates dropped. A list
 * keeps its order. */
int pb_search_parse(struct pb_search *s, const char *text, struct pb_err *err);
/* Next depth to measure, possibly one that was measured before; 0 when done. */
unsigned pb_search_next(const struct pb_search *s);
/* Adds a point, or replaces what was known of its depth; confirmed and broken are kept. */
void pb_search_add(struct pb_search *s, const struct pb_search_point *p);
/* Once next says 0: the depth that must keep the SLO in one more window, 0 when there is none or it has. */
unsigned pb_search_confirm(const struct pb_search *s);
/* What that window said. A depth that broke the SLO is not chosen, nor is any above it. */
void pb_search_confirmed(struct pb_search *s, unsigned depth, bool kept);
/*
 * The most windows there can be in all: every depth of a list; for a search without an SLO one for each
 * doubling and those that may follow. 0 = no bound is known before the end.
 */
unsigned pb_search_most(const struct pb_search *s);
/*
 * The depth to recommend, or 0; *reason is text in buf that says why (not).
 * With an SLO: largest IOPS whose quantile's upper bound meets it. Without: the begin of the plateau.
 */
unsigned pb_search_choose(const struct pb_search *s, char *reason, unsigned size);

#endif
