/*
 * From the values of two arms to a change per metric. Words are verdict.c's; thresholds are explained in
 * docs/compare.md and checked by tests/bench/bench_compare.sh.
 */
#include "engine/compare/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/compare/adjust.h"
#include "engine/compare/bootstrap.h"
#include "engine/compare/power.h"

struct pb_compared *pb_compare_add(struct pb_comparison *c, const char *name, const char *unit,
				   bool higher_is_better)
{
	struct pb_compared *v = realloc(c->v, (c->n + 1) * sizeof(*v));

	if (!v)
		return NULL;
	c->v = v;
	v = &c->v[c->n];
	*v = (struct pb_compared){
		.name = strdup(name), .unit = unit, .higher_is_better = higher_is_better, .company = 1};
	if (!v->name)
		return NULL;
	c->n++;
	return v;
}

int pb_compared_value(struct pb_compared *m, bool base, double value)
{
	double **v = base ? &m->base : &m->new_values, *grown;
	unsigned *n = base ? &m->n_base : &m->n_new;

	if (!isfinite(value) || value <= 0)
		return 0;
	grown = realloc(*v, (*n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*v = grown;
	grown[(*n)++] = value;
	return 0;
}

static struct pb_compared *named(struct pb_comparison *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->v[i].name, name))
			return &c->v[i];
	return NULL;
}

static int add_run(struct pb_comparison *c, const struct pb_arm_run *r, bool base, bool prefixed)
{
	int rc = 0;

	for (size_t i = 0; i < r->metrics.n && rc == 0; i++) {
		const struct pb_metric *m = &r->metrics.v[i];
		struct pb_strv name = {0};
		struct pb_compared *at = NULL;

		if (pb_strv_addf(&name, "%s%s%s", prefixed ? r->profile : "", prefixed ? "/" : "", m->name) ==
		    0)
			at = named(c, name.v[0]);
		if (!at && name.n)
			at = pb_compare_add(c, name.v[0], m->unit, m->higher_is_better);
		rc = at ? pb_compared_value(at, base, m->value) : -ENOMEM;
		pb_strv_fini(&name);
	}
	return rc;
}

/* Several profiles in one arm are several experiments; one profile against another is a comparison on
 * purpose. */
static bool several_profiles(const struct pb_arm *arm)
{
	for (size_t i = 1; i < arm->n; i++)
		if (strcmp(arm->v[i].profile, arm->v[0].profile) != 0)
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	return pb_metric_order(((const struct pb_compared *)a)->name, ((const struct pb_compared *)b)->name);
}

static int collect(struct pb_comparison *c, const struct pb_arm *base, const struct pb_arm *new_arm)
{
	bool prefixed = several_profiles(base) || several_profiles(new_arm);
	int rc = 0;

	for (size_t i = 0; i < base->n && rc == 0; i++)
		rc = add_run(c, &base->v[i], true, prefixed);
	for (size_t i = 0; i < new_arm->n && rc == 0; i++)
		rc = add_run(c, &new_arm->v[i], false, prefixed);
	if (c->n)
		qsort(c->v, c->n, sizeof(*c->v), by_name);
	return rc;
}

static bool rejected(const struct pb_arm *arm, int64_t depth)
{
	for (size_t i = 0; i < arm->n; i++)
		for (size_t k = 0; k < arm->v[i].metrics.n_rejected; k++)
			if (arm->v[i].metrics.rejected[k] == depth)
				return true;
	return false;
}

/* A depth at which I/O failed has no number: a gate must not stay green because of that. */
static void find_lost(struct pb_comparison *c, const struct pb_arm *base, const struct pb_arm *new_arm)
{
	for (size_t i = 0; i < c->n; i++) {
		struct pb_compared *m = &c->v[i];
		const char *at = strrchr(m->name, '@');
		int64_t depth = at ? strtoll(at + 1, NULL, 10) : 0;

		m->lost = m->change == PB_CHANGE_UNKNOWN &&
			  ((m->n_new < m->n_base && rejected(new_arm, depth)) ||
			   (m->n_base < m->n_new && rejected(base, depth)));
		c->lost += m->lost;
	}
}

/* Estimates, and the p value when these numbers of runs can give one that counts. */
static void test(struct pb_comparison *c, struct pb_compared *m)
{
	unsigned need = pb_power_runs(c->alpha);

	m->p = m->q = m->detectable = NAN;
	m->change = PB_CHANGE_UNKNOWN;
	m->base_median = pb_stats_median(m->base, m->n_base);
	m->new_median = pb_stats_median(m->new_values, m->n_new);
	m->ratio = (struct pb_ci){NAN, NAN, NAN};
	if (!m->n_base || !m->n_new) {
		snprintf(m->why, sizeof(m->why), "%s has no value of it", m->n_base ? "NEW" : "BASE");
		return;
	}
	if (pb_power_least_p(m->n_base, m->n_new) > c->alpha) {
		snprintf(m->why, sizeof(m->why),
			 "%u and %u values cannot show a change; %u of each are needed", m->n_base, m->n_new,
			 need);
		return;
	}
	m->p = pb_stats_compare(m->base, m->n_base, m->new_values, m->n_new).p;
	m->change = PB_CHANGE_NONE;
	c->tested++;
}

/* Most metrics have as many values as the one before. */
struct seen {
	unsigned n_base, n_new;
	double level, shift;
};

/* What it could have seen had it been the only metric to change; where that is impossible, with company. */
static void sensitivity(struct pb_comparison *c, struct pb_compared *m, struct seen *last)
{
	double alone = c->alpha / (double)c->tested, least = pb_power_least_p(m->n_base, m->n_new);
	double level = pb_stats_compare_level(m->n_base, m->n_new, alone);

	if (isnan(level)) {
		level = least;
		m->company = (unsigned)ceil(least / alone * (1 - 1e-12));
	}
	if (last->n_base != m->n_base || last->n_new != m->n_new || last->level < level ||
	    last->level > level)
		*last = (struct seen){m->n_base, m->n_new, level, pb_power_shift(m->n_base, m->n_new, level)};
	m->detectable = expm1(last->shift * pb_power_noise(m->base, m->n_base, m->new_values, m->n_new));
	c->blind += m->detectable > c->min_effect || m->company > 1;
}

/*
 * Sure that it changed (q), and not sure that the change is too small to matter (the interval reaches
 * min_effect). Asking that the estimate reach it would miss half of all changes of exactly that size.
 */
static void decide(const struct pb_comparison *c, struct pb_compared *m)
{
	double enough = log1p(c->min_effect), lo, hi;
	bool up, sure = !isnan(m->q) && m->q <= c->alpha;

	if (sure || !c->hasty)
		m->ratio = pb_bootstrap_ratio(m->base, m->n_base, m->new_values, m->n_new);
	if (!sure)
		return;
	up = m->ratio.est > 1;
	lo = log(m->ratio.lo);
	hi = log(m->ratio.hi);
	/* Without an interval (one value on a side) nothing is known to be small. */
	if (up ? !(hi < enough) : !(-lo < enough))
		m->change = up == m->higher_is_better ? PB_CHANGE_BETTER : PB_CHANGE_WORSE;
	else
		m->change = PB_CHANGE_SMALL;
}

int pb_compare_judge(struct pb_comparison *c)
{
	double *p = malloc((c->n + 1) * sizeof(*p)), *q = malloc((c->n + 1) * sizeof(*q));
	struct seen last = {0};
	int rc = p && q ? 0 : -ENOMEM;

	c->tested = c->worse = c->better = c->small = c->unknown = c->lost = c->blind = 0;
	for (size_t i = 0; i < c->n && rc == 0; i++) {
		test(c, &c->v[i]);
		p[i] = c->v[i].p;
	}
	if (rc == 0)
		rc = pb_adjust_bh(p, c->n, q);
	for (size_t i = 0; i < c->n && rc == 0; i++) {
		struct pb_compared *m = &c->v[i];

		m->q = q[i];
		if (m->change != PB_CHANGE_UNKNOWN && !c->hasty)
			sensitivity(c, m, &last);
		decide(c, m);
		c->worse += m->change == PB_CHANGE_WORSE;
		c->better += m->change == PB_CHANGE_BETTER;
		c->small += m->change == PB_CHANGE_SMALL;
		c->unknown += m->change == PB_CHANGE_UNKNOWN;
	}
	free(p);
	free(q);
	return rc;
}

int pb_compare_arms(struct pb_comparison *c, const struct pb_arm *base, const struct pb_arm *new_arm,
		    double alpha, double min_effect, struct pb_err *err)
{
	int rc;

	*c = (struct pb_comparison){
		.alpha = alpha, .min_effect = min_effect, .n_base = base->n, .n_new = new_arm->n};
	rc = pb_differences_find(&c->differences, base, new_arm, err);
	if (rc == 0)
		rc = collect(c, base, new_arm);
	if (rc == 0)
		rc = pb_compare_judge(c);
	if (rc == 0) {
		find_lost(c, base, new_arm);
		c->turns = pb_differences_turns(base, new_arm);
		rc = pb_compare_conclude(c);
	}
	if (rc < 0) {
		pb_comparison_fini(c);
		return pb_fail(err, PB_MISSING, -rc, "no memory to compare %zu and %zu runs", base->n,
			       new_arm->n);
	}
	return 0;
}

bool pb_compared_changed(const struct pb_compared *m)
{
	return m->change == PB_CHANGE_WORSE || m->change == PB_CHANGE_BETTER;
}

void pb_comparison_fini(struct pb_comparison *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].name);
		free(c->v[i].base);
		free(c->v[i].new_values);
	}
	free(c->v);
	pb_differences_fini(&c->differences);
	pb_buf_fini(&c->sentence);
	pb_strv_fini(&c->notes);
	*c = (struct pb_comparison){0};
}
