/*
 * Depth search. Doubles from 1 until two doublings gain nothing (or the SLO is
 * broken twice), then halves the gap on a log scale around the begin of the plateau.
 */
#include "engine/run/search.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIN_POINTS 6     /* a knee is not named on fewer (tuning.md A2 pitfall d: two past saturation) */
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

static bool meets_slo(const struct pb_search *s, const struct pb_search_point *p)
{
	return s->slo_ns <= 0 || p->slo_hi_ns <= s->slo_ns;
}

static double best_iops(const struct pb_search *s)
{
	double best = 0;

	for (unsigned i = 0; i < s->n; i++)
		if (s->p[i].valid && s->p[i].iops > best)
			best = s->p[i].iops;
	return best;
}

/* Two doublings without a gain, or two depths in a row that break the SLO. */
static bool coarse_done(const struct pb_search *s)
{
	const struct pb_search_point *a, *b, *c;

	if (s->n < MIN_POINTS)
		return false;
	a = &s->p[s->n - 3];
	b = &s->p[s->n - 2];
	c = &s->p[s->n - 1];
	if (s->slo_ns > 0 && !meets_slo(s, b) && !meets_slo(s, c))
		return true;
	return b->iops < PB_FLAT_GAIN * a->iops && c->iops < PB_FLAT_GAIN * b->iops;
}

/* Index of the depth that would be chosen now, or -1. */
static int chosen(const struct pb_search *s)
{
	double best = best_iops(s);
	int at = -1;

	for (unsigned i = 0; i < s->n; i++) {
		const struct pb_search_point *p = &s->p[i];

		if (!p->valid || !meets_slo(s, p))
			continue;
		if (s->slo_ns > 0) {
			if (at < 0 || p->iops > PB_FLAT_GAIN * s->p[at].iops)
				at = (int)i;
		} else if (at < 0 && p->iops_lo >= PB_PLATEAU_SHARE * best) {
			at = (int)i;
		}
	}
	return at;
}

/* Geometric middle between the chosen depth and the neighbour that matters, or 0. */
static unsigned refine(const struct pb_search *s)
{
	int at = chosen(s);
	unsigned lo, hi, mid;

	if (at < 0)
		return 0;
	if (s->slo_ns > 0) {
		if ((unsigned)at + 1 >= s->n)
			return 0;
		lo = s->p[at].depth;
		hi = s->p[at + 1].depth;
	} else {
		if (at == 0)
			return 0;
		lo = s->p[at - 1].depth;
		hi = s->p[at].depth;
	}
	if ((double)hi / lo < REFINE_RATIO)
		return 0;
	mid = (unsigned)lround(sqrt((double)lo * hi));
	return mid > lo && mid < hi && !point_at(s, mid) ? mid : 0;
}

unsigned pb_search_next(const struct pb_search *s)
{
	if (!s->automatic) {
		for (unsigned i = 0; i < s->n_list; i++)
			if (!point_at(s, s->list[i]))
				return s->list[i];
		return 0;
	}
	for (unsigned d = 1; d <= s->max_depth; d *= 2)
		if (!point_at(s, d)) {
			if (coarse_done(s))
				break;
			return d;
		}
	return s->n < PB_SEARCH_POINTS ? refine(s) : 0;
}

unsigned pb_search_left(const struct pb_search *s)
{
	unsigned doublings = 1;

	if (!s->automatic)
		return s->n_list > s->n ? s->n_list - s->n : 0;
	if (!pb_search_next(s))
		return 0;
	if (s->n < MIN_POINTS + 2)
		doublings = MIN_POINTS + 3 - s->n;
	return doublings;
}

unsigned pb_search_choose(const struct pb_search *s, char *reason, unsigned size)
{
	const struct pb_search_point *last = s->n ? &s->p[s->n - 1] : NULL,
				     *prev = s->n > 1 ? &s->p[s->n - 2] : NULL;
	int at = chosen(s);

	if (at < 0) {
		snprintf(reason, size, s->slo_ns > 0 ? "no measured depth meets the SLO" : "no valid step");
		return 0;
	}
	if (s->slo_ns > 0) {
		snprintf(reason, size, "largest throughput whose quantile's upper bound meets the SLO");
		return s->p[at].depth;
	}
	if (s->n < MIN_POINTS) {
		snprintf(reason, size, "%u depths are too few to name a knee", s->n);
		return 0;
	}
	if (last->iops > PB_FLAT_GAIN * prev->iops) {
		snprintf(reason, size,
			 "the curve has not flattened: depth %u still gives %.0f%% more than %u", last->depth,
			 100 * (last->iops / prev->iops - 1), prev->depth);
		return 0;
	}
	snprintf(reason, size, "smallest depth whose lower bound reaches %.0f%% of the best",
		 100 * PB_PLATEAU_SHARE);
	return s->p[at].depth;
}
