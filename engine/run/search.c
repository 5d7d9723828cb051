/*
 * Depth search. Doubles from 1 until two doublings gain nothing (or the SLO is
 * broken twice), halves the gap on a log scale around the begin of the plateau, then goes back to the depths
 * whose intervals still decide. What is chosen in the end is search_choose.c's.
 */
#include "engine/run/search.h"
#include "engine/run/search_choose.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REFINE_RATIO 1.6 /* gap between neighbours around the knee that is worth another point */

static bool list_has(const struct pb_search *s, unsigned depth)
{
	for (unsigned i = 0; i < s->n_list; i++)
		if (s->list[i] == depth)
			return true;
	return false;
}

int pb_search_parse(struct pb_search *s, const char *text, struct pb_err *err)
{
	const char *p = text;

	memset(s, 0, sizeof(*s));
	if (!strcmp(text, "auto")) {
		s->automatic = true;
		s->max_depth = 256;
		return 0;
	}
	for (;;) {
		char *end;
		unsigned long v = strtoul(p, &end, 10);

		if (end == p || *p == '-' || (*end && *end != ',') || v < 1 || v > PB_DEPTH_MAX)
			return pb_fail(err, PB_USAGE, EINVAL,
				       "--depth %s: give auto, or depths from 1 to %d with commas", text,
				       PB_DEPTH_MAX);
		if (s->n_list == PB_SEARCH_POINTS)
			return pb_fail(err, PB_USAGE, E2BIG, "--depth: at most %d depths", PB_SEARCH_POINTS);
		if (!list_has(s, (unsigned)v))
			s->list[s->n_list++] = (unsigned)v;
		if (v > s->max_depth)
			s->max_depth = (unsigned)v;
		if (!*end)
			return 0;
		p = end + 1;
	}
}

void pb_search_add(struct pb_search *s, const struct pb_search_point *p)
{
	unsigned i = s->n;

	for (unsigned k = 0; k < s->n; k++) {
		if (s->p[k].depth != p->depth)
			continue;
		bool confirmed = s->p[k].confirmed, broken = s->p[k].broken;

		s->p[k] = *p;
		s->p[k].confirmed = confirmed;
		s->p[k].broken = broken;
		return;
	}
	if (s->n == PB_SEARCH_POINTS)
		return;
	for (; i > 0 && s->p[i - 1].depth > p->depth; i--)
		s->p[i] = s->p[i - 1];
	s->p[i] = *p;
	s->n++;
}

static const struct pb_search_point *point_at(const struct pb_search *s, unsigned depth)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->p[i].depth == depth)
			return &s->p[i];
	return NULL;
}

/* The SLO is broken whatever the interval: its quantile's lower bound is above it. */
static bool surely_broken(const struct pb_search *s, const struct pb_search_point *p)
{
	return s->slo_ns > 0 && (p->broken || p->slo_lo_ns > s->slo_ns);
}

/* Two doublings without a gain over all before them, or two depths in a row that surely break the SLO. */
static bool coarse_done(const struct pb_search *s, unsigned next)
{
	const struct pb_search_point *b = point_at(s, next / 4), *c = point_at(s, next / 2);
	double before = 0;

	if (!b || !c)
		return false;
	if (surely_broken(s, b) && surely_broken(s, c))
		return true;
	if (s->n < PB_SEARCH_MIN_POINTS)
		return false;
	for (unsigned i = 0; i < s->n && s->p[i].depth < b->depth; i++)
		before = fmax(before, s->p[i].iops);
	return b->iops < PB_FLAT_GAIN * before && c->iops < PB_FLAT_GAIN * before;
}

static unsigned coarse(const struct pb_search *s)
{
	for (unsigned d = 1; d <= s->max_depth; d *= 2)
		if (!point_at(s, d))
			return coarse_done(s, d) ? 0 : d;
	return 0;
}

/* Geometric middle between the likely depth and the neighbour that matters, or 0. */
static unsigned refine(const struct pb_search *s)
{
	int at = pb_search_likely(s), lo, hi;
	unsigned mid;
	double ratio;

	/* below the plateau's begin lies its knee, above the last depth within the SLO the first one beyond
	 */
	lo = s->slo_ns > 0 ? at : at - 1;
	hi = lo + 1;
	if (at < 0 || lo < 0 || (unsigned)hi >= s->n || s->n == PB_SEARCH_POINTS)
		return 0;
	if (s->slo_ns > 0 && pb_search_meets_slo(s, &s->p[hi]))
		return 0;
	ratio = (double)s->p[hi].depth / s->p[lo].depth;
	mid = (unsigned)lround(s->p[lo].depth * sqrt(ratio));
	return ratio >= REFINE_RATIO && mid > s->p[lo].depth && mid < s->p[hi].depth ? mid : 0;
}

static bool may_revisit(const struct pb_search_point *p)
{
	return p->valid && !p->spent && p->windows < PB_SEARCH_VISITS;
}

/* Where in the order of windows the depth was sampled last; 0 = not noted. */
static unsigned last_window(const struct pb_search *s, unsigned depth)
{
	for (unsigned i = s->n_w; i-- > 0;)
		if (s->w[i].depth == depth)
			return i + 1;
	return 0;
}

/* The one with fewer windows, so that they alternate; of equal ones the one that was sampled longer ago. NULL
 * loses, and what may not be sampled again. */
static const struct pb_search_point *fewer(const struct pb_search *s, const struct pb_search_point *a,
					   const struct pb_search_point *b)
{
	if (!b || !may_revisit(b))
		return a;
	if (!a || b->windows != a->windows)
		return !a || b->windows < a->windows ? b : a;
	return last_window(s, b->depth) < last_window(s, a->depth) ? b : a;
}

/*
 * Without an SLO: what may still move the begin of the plateau, sampled in turns, so that a machine that
 * changes meanwhile changes for all of them. No depth is named on one window.
 */
static const struct pb_search_point *doubt_plateau(const struct pb_search *s)
{
	int at = pb_search_likely(s), lo, hi;
	const struct pb_search_point *best = pb_search_best(s), *pick = NULL, *last, *prev = NULL;
	bool open;

	if (at < 0 || !best)
		return NULL;
	pb_search_open(s, &lo, &hi);
	open = lo < at || hi > at;
	for (int i = lo; open && i <= hi; i++)
		pick = fewer(s, pick, &s->p[i]);
	if (open || best->windows < 2)
		pick = fewer(s, pick, best);
	if (open || s->p[at].windows < 2)
		pick = fewer(s, pick, &s->p[at]);
	/* it looks as if the curve went on: or were the two only measured at different times? */
	last = pb_search_rising(s, &prev);
	if (last && (last->windows < 2 || last->iops_lo < PB_FLAT_GAIN * prev->iops_hi))
		pick = fewer(s, fewer(s, pick, last), prev);
	return pick;
}

/* With an SLO: the first depth that neither meets nor surely breaks it, if it could be faster. */
static const struct pb_search_point *doubt_slo(const struct pb_search *s)
{
	int at = pb_search_likely(s);

	for (unsigned i = at < 0 ? 0 : (unsigned)at + 1; i < s->n; i++) {
		const struct pb_search_point *p = &s->p[i];

		if (surely_broken(s, p))
			return NULL;
		if (!pb_search_meets_slo(s, p) && may_revisit(p) &&
		    (at < 0 || p->iops > PB_FLAT_GAIN * s->p[at].iops))
			return p;
	}
	return NULL;
}

/* Without an SLO: no place is refined before its neighbours and the best depth have been seen twice. */
static const struct pb_search_point *second_look(const struct pb_search *s)
{
	int at = pb_search_likely(s);
	const struct pb_search_point *of[3], *pick = NULL;

	if (at < 0)
		return NULL;
	of[0] = &s->p[at];
	of[1] = at > 0 ? &s->p[at - 1] : NULL;
	of[2] = pb_search_best(s);
	for (int i = 0; i < 3; i++)
		if (of[i] && of[i]->windows < 2)
			pick = fewer(s, pick, of[i]);
	return pick;
}

/* Refining for an SLO is bounded by itself; a plateau that moves from window to window would never end. */
static unsigned extra_windows(const struct pb_search *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++)
		n += s->p[i].windows - ((s->p[i].depth & (s->p[i].depth - 1)) == 0 && s->p[i].windows > 0);
	return n;
}

/* Whether the intervals leave open more than one doubling to either side. */
static bool wide_open(const struct pb_search *s)
{
	int at = pb_search_likely(s), lo, hi;

	pb_search_open(s, &lo, &hi);
	return at >= 0 && (2 * s->p[lo].depth < s->p[at].depth || s->p[hi].depth > 2 * s->p[at].depth);
}

/* After the coarse walk, without an SLO. */
static unsigned next_plateau(const struct pb_search *s)
{
	const struct pb_search_point *again;
	unsigned depth;

	if (extra_windows(s) >= (wide_open(s) ? PB_SEARCH_LONGER : PB_SEARCH_EXTRA))
		return 0;
	again = second_look(s);
	depth = again ? 0 : refine(s);
	if (!again && !depth)
		again = doubt_plateau(s);
	return again ? again->depth : depth;
}

/* After the coarse walk, with one. */
static unsigned next_slo(const struct pb_search *s)
{
	unsigned depth = refine(s);
	const struct pb_search_point *again =
		depth || extra_windows(s) >= PB_SEARCH_EXTRA ? NULL : doubt_slo(s);

	return again ? again->depth : depth;
}

unsigned pb_search_next(const struct pb_search *s)
{
	unsigned depth;

	if (!s->automatic) {
		for (unsigned i = 0; i < s->n_list; i++)
			if (!point_at(s, s->list[i]))
				return s->list[i];
		return 0;
	}
	depth = coarse(s);
	if (depth)
		return depth;
	return s->slo_ns > 0 ? next_slo(s) : next_plateau(s);
}

unsigned pb_search_confirm(const struct pb_search *s)
{
	int at = s->automatic && s->slo_ns > 0 ? pb_search_likely(s) : -1;

	return at >= 0 && !s->p[at].confirmed ? s->p[at].depth : 0;
}

void pb_search_confirmed(struct pb_search *s, unsigned depth, bool kept)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (s->p[i].depth == depth && kept)
			s->p[i].confirmed = true;
		if (s->p[i].depth >= depth && !kept)
			s->p[i].broken = true;
	}
}

unsigned pb_search_most(const struct pb_search *s)
{
	unsigned n = 0;

	if (!s->automatic)
		return s->n_list;
	if (s->slo_ns > 0)
		return 0; /* what an SLO's quantile needs is only known when it was seen */
	for (unsigned d = 1; d <= s->max_depth; d *= 2)
		n++;
	return n + PB_SEARCH_LONGER;
}
