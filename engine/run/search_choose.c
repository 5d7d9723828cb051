/*
 * The conclusion of a depth search: a depth, or the reason for naming none.
 * Where to measure is search.c's.
 */
#include "engine/run/search_choose.h"
#include "engine/lib/texts.h"

#include <math.h>
#include <stdio.h>

const struct pb_search_point *pb_search_best(const struct pb_search *s)
{
	const struct pb_search_point *best = NULL;

	for (unsigned i = 0; i < s->n; i++)
		if (s->p[i].valid && (!best || s->p[i].iops > best->iops))
			best = &s->p[i];
	return best;
}

#define TIED_SHARE                                                                                           \
	0.85 /* a point below this share of the best is not taken for its equal, however wide its bounds */

/*
 * The largest of many noisy estimates is too large. Points that cannot be told from it are the same plateau:
 * their mean, weighted with the inverse variance.
 */
double pb_search_plateau(const struct pb_search *s)
{
	const struct pb_search_point *best = pb_search_best(s);
	double sum = 0, weights = 0;

	if (!best)
		return NAN;
	for (unsigned i = 0; i < s->n; i++) {
		const struct pb_search_point *p = &s->p[i];
		double half = (p->iops_hi - p->iops_lo) / 2, weight;

		if (!p->valid || p->iops < TIED_SHARE * best->iops || p->iops_hi < best->iops_lo ||
		    (p->iops < PB_PLATEAU_SHARE * best->iops && p->iops_hi < best->iops))
			continue;
		/* an interval that is not known, or that claims to be perfect, must not rule */
		weight = isfinite(half) ? 1 / fmax(half * half, 1e-6 * p->iops * p->iops) : 0;
		sum += weight * p->iops;
		weights += weight;
	}
	return weights > 0 ? sum / weights : best->iops;
}

double pb_search_enough(const struct pb_search *s)
{
	return PB_PLATEAU_SHARE * pb_search_plateau(s);
}

bool pb_search_meets_slo(const struct pb_search *s, const struct pb_search_point *p)
{
	return s->slo_ns <= 0 || (!p->broken && p->slo_hi_ns <= s->slo_ns);
}

/* Smallest depth that is worth its larger neighbours, of those within the SLO. */
static int likely_slo(const struct pb_search *s)
{
	int at = -1;

	for (unsigned i = 0; i < s->n; i++) {
		if (!s->p[i].valid || !pb_search_meets_slo(s, &s->p[i]))
			continue;
		if (at < 0 || s->p[i].iops > PB_FLAT_GAIN * s->p[at].iops)
			at = (int)i;
	}
	return at;
}

#define LENIENT_SHARE 0.10

/*
 * One standard error above the estimate, LENIENT_SHARE of it at most; the interval has two errors. The first
 * depth that reaches the plateau stands beside deeper ones that do as well, and each of them has its chance
 * to be thought first when it is not: asked for their bare estimates, noisy depths are found too deep.
 */
static double within_an_error(const struct pb_search_point *p)
{
	return isfinite(p->iops_hi) ? p->iops + fmin((p->iops_hi - p->iops) / 2, LENIENT_SHARE * p->iops)
				    : p->iops;
}

int pb_search_likely(const struct pb_search *s)
{
	double enough = pb_search_enough(s);

	if (s->slo_ns > 0)
		return likely_slo(s);
	for (unsigned i = 0; i < s->n; i++)
		if (s->p[i].valid && within_an_error(&s->p[i]) >= enough)
			return (int)i;
	return -1;
}

void pb_search_open(const struct pb_search *s, int *lo, int *hi)
{
	double enough = pb_search_enough(s);

	*lo = *hi = -1;
	for (unsigned i = 0; i < s->n; i++) {
		if (!s->p[i].valid)
			continue;
		if (*lo < 0 && s->p[i].iops_hi >= enough)
			*lo = (int)i;
		*hi = (int)i;
		if (*lo >= 0 && s->p[i].iops_lo >= enough)
			break;
	}
	if (*lo < 0)
		*lo = *hi;
}

/* The deepest valid point; NULL when none is. */
static const struct pb_search_point *deepest(const struct pb_search *s)
{
	for (unsigned i = s->n; i-- > 0;)
		if (s->p[i].valid)
			return &s->p[i];
	return NULL;
}

/* What the deepest point is held against: the best at no more than half its depth, else the best of all
 * others.
 */
static const struct pb_search_point *before(const struct pb_search *s, const struct pb_search_point *last)
{
	const struct pb_search_point *half = NULL, *any = NULL;

	for (const struct pb_search_point *p = s->p; p < last; p++) {
		if (!p->valid)
			continue;
		if (!any || p->iops > any->iops)
			any = p;
		if (2 * p->depth <= last->depth && (!half || p->iops > half->iops))
			half = p;
	}
	return half ? half : any;
}

const struct pb_search_point *pb_search_rising(const struct pb_search *s, const struct pb_search_point **prev)
{
	const struct pb_search_point *last = deepest(s), *ref = last ? before(s, last) : NULL;

	if (!ref || last->iops <= PB_FLAT_GAIN * ref->iops)
		return NULL;
	*prev = ref;
	return last;
}

static unsigned choose_slo(const struct pb_search *s, char *reason, unsigned size)
{
	bool unknown = false, valid = false;
	int at = likely_slo(s);

	if (at >= 0) {
		snprintf(reason, size, "largest throughput whose quantile's upper bound meets the SLO%s",
			 s->p[at].confirmed ? PB_N(", confirmed in a window of its own") : "");
		return s->p[at].depth;
	}
	for (unsigned i = 0; i < s->n; i++) {
		valid = valid || s->p[i].valid;
		unknown = unknown || (s->p[i].valid && !s->p[i].broken && !(s->p[i].slo_lo_ns > s->slo_ns) &&
				      isnan(s->p[i].slo_hi_ns));
	}
	snprintf(reason, size, "%s",
		 !valid    ? "no valid step"
		 : unknown ? PB_N("too few I/Os completed to bound the SLO's quantile: a longer --duration "
				  "has more")
			   : PB_N("no measured depth meets the SLO"));
	return 0;
}

/* The depth that the estimates favour; what noise leaves open is said with it. */
static unsigned choose_plateau(const struct pb_search *s, char *reason, unsigned size)
{
	int at = pb_search_likely(s), lo, hi, last;
	const struct pb_search_point *prev;

	pb_search_open(s, &lo, &hi);
	if (&s->p[at] == deepest(s) && pb_search_rising(s, &prev)) {
		/* a gain of the last depth that noise explains: the others choose, the range says the rest */
		struct pb_search others = *s;

		hi = at;
		others.n = (unsigned)at;
		at = pb_search_likely(&others);
		pb_search_open(&others, &lo, &last);
	}
	if (lo >= at && hi <= at)
		snprintf(reason, size, "smallest depth whose lower bound reaches %.0f%% of the plateau",
			 100 * PB_PLATEAU_SHARE);
	else
		snprintf(reason, size,
			 "smallest depth whose IOPS reach %.0f%% of the plateau; the intervals leave open %u "
			 "to %u",
			 100 * PB_PLATEAU_SHARE, s->p[lo].depth, s->p[hi].depth);
	return s->p[at].depth;
}

unsigned pb_search_choose(const struct pb_search *s, char *reason, unsigned size)
{
	const struct pb_search_point *best = pb_search_best(s), *last, *prev;

	if (s->slo_ns > 0)
		return choose_slo(s, reason, size);
	if (!best) {
		snprintf(reason, size, "no valid step");
		return 0;
	}
	if (s->n < PB_SEARCH_MIN_POINTS) {
		snprintf(reason, size, "%u depths are too few to name a knee", s->n);
		return 0;
	}
	last = pb_search_rising(s, &prev);
	if (last && (!isfinite(last->iops_hi) || last->iops_lo > prev->iops)) {
		snprintf(reason, size,
			 "the curve has not flattened: depth %u still gives %.0f%% more than %u", last->depth,
			 100 * (last->iops / prev->iops - 1), prev->depth);
		return 0;
	}
	return choose_plateau(s, reason, size);
}
