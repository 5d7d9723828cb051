/*
 * Change points of a metric as statements about levels.
 */
#include "engine/history/shifts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* The ratio compares every point before with every point after: this many on each side say enough. */
#define RATIO_POINTS 300

const char *pb_shift_name(enum pb_shift_kind kind)
{
	static const char *const names[] = {"better", "worse", "spread"};

	return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "spread";
}

/* Values that are not above 0 have no ratio: then the medians alone say which way it went. */
static enum pb_shift_kind kind_of(const struct pb_shift *c, bool higher_is_better)
{
	bool up = isnan(c->ratio.lo) ? c->after > c->before : c->ratio.lo > 1;
	bool down = isnan(c->ratio.lo) ? c->after < c->before : c->ratio.hi < 1;

	if (!up && !down)
		return PB_SHIFT_SPREAD;
	return up == higher_is_better ? PB_SHIFT_BETTER : PB_SHIFT_WORSE;
}

/* What changed between neighbours around the change, the nearest first; one place is enough. */
static int find_environment(struct pb_shift *c, const struct pb_past *p, const struct pb_past_points *pts)
{
	static const int near[] = {0, -1, 1, -2, 2};
	int rc = 0;

	_Static_assert(sizeof(near) / sizeof(near[0]) == 2 * PB_SHIFT_NEAR + 1, "one for each place");
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]) && rc == 0 && c->environment.n == 0; i++) {
		size_t at = c->at + (size_t)near[i];

		if (at >= 1 && at < pts->n)
			rc = pb_past_differences(p, pts->run[at - 1], pts->run[at], &c->environment);
	}
	return rc;
}

static int describe(struct pb_shift *c, const struct pb_break *b, size_t from, size_t to,
		    const struct pb_past *p, const struct pb_past_points *pts, bool higher_is_better)
{
	const double *x = pts->x;
	unsigned before = (unsigned)(b->at - from), after = (unsigned)(to - b->at);
	unsigned near_before = before < RATIO_POINTS ? before : RATIO_POINTS;
	unsigned near_after = after < RATIO_POINTS ? after : RATIO_POINTS;

	*c = (struct pb_shift){.at = b->at, .p = b->p};
	c->before = pb_stats_median(x + from, before);
	c->after = pb_stats_median(x + b->at, after);
	c->ratio = pb_stats_compare(x + b->at - near_before, near_before, x + b->at, near_after).ratio;
	c->kind = kind_of(c, higher_is_better);
	return find_environment(c, p, pts);
}

int pb_shifts_find(struct pb_shifts *c, struct pb_edivisive *e, const struct pb_past *p,
		   const struct pb_past_points *pts, bool higher_is_better, struct pb_err *err)
{
	struct pb_shifts new = {.n = 0};
	struct pb_break *b = NULL;
	size_t n = 0;
	int rc = pb_edivisive_find(e, pts->x, pts->n, &b, &n);

	if (rc == -E2BIG)
		return pb_fail(err, PB_USAGE, E2BIG, "a series of %zu runs is too long: at most %d", pts->n,
			       PB_EDIVISIVE_POINTS_MAX);
	new.v = calloc(n + 1, sizeof(*new.v));
	if (!new.v)
		rc = -ENOMEM;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = describe(&new.v[new.n++], &b[i], i ? b[i - 1].at : 0, i + 1 < n ? b[i + 1].at : pts->n,
			      p, pts, higher_is_better);
	free(b);
	if (rc < 0) {
		pb_shifts_fini(&new);
		return pb_fail(err, PB_MISSING, -rc, "no memory for the changes of a series");
	}
	*c = new;
	return 0;
}

void pb_shifts_fini(struct pb_shifts *c)
{
	for (size_t i = 0; i < c->n; i++)
		pb_strv_fini(&c->v[i].environment);
	free(c->v);
	*c = (struct pb_shifts){.n = 0};
}
