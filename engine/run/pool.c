/*
 * Windows of one depth, pooled. Which depth gets another window is search.c's.
 */
#include "engine/run/pool.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATES_MIN 10 /* fewer intervals do not end a window early */

void pb_pool_fini(struct pb_pool *p)
{
	free(p->rates);
	memset(p, 0, sizeof(*p));
}

int pb_pool_add(struct pb_pool *p, const struct pb_step *s, struct pb_err *err)
{
	double *grown;

	p->windows++;
	p->failed += s->failed;
	if (!s->valid)
		return 0;
	grown = realloc(p->rates, (p->n_rates + s->n_rates + 1) * sizeof(*grown));
	if (!grown)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	p->rates = grown;
	if (s->n_rates)
		memcpy(&p->rates[p->n_rates], s->rates, s->n_rates * sizeof(*grown));
	p->n_rates += s->n_rates;
	p->valid_windows++;
	p->completed += s->completed;
	p->sampled_ns += s->t1_ns - s->t0_ns;
	for (unsigned b = 0; b < PB_HIST_BINS; b++)
		p->hist[b] += s->hist[0][b] + s->hist[1][b] + s->hist[2][b];
	return 0;
}

static bool narrow(const struct pb_ci *iops, double rel)
{
	return iops->est > 0 && (iops->hi - iops->lo) / 2 <= rel * iops->est;
}

bool pb_pool_enough(const struct pb_pool *p, const struct pb_step *so_far, double rel, double quantile)
{
	unsigned n = p->n_rates + so_far->n_rates;
	double *all;
	struct pb_batches b;

	if (quantile > 0 && (double)(p->completed + so_far->completed) * (1 - quantile) < PB_TAIL_MIN)
		return false;
	if (n < RATES_MIN)
		return false;
	all = malloc(n * sizeof(*all));
	if (!all)
		return false;
	if (p->n_rates)
		memcpy(all, p->rates, p->n_rates * sizeof(*all));
	if (so_far->n_rates)
		memcpy(&all[p->n_rates], so_far->rates, so_far->n_rates * sizeof(*all));
	b = pb_stats_batch_means(all, n);
	free(all);
	return narrow(&b.mean, rel);
}

double pb_pool_tail(const struct pb_pool *p, double quantile)
{
	return (double)p->completed * (1 - quantile);
}

void pb_pool_point(const struct pb_pool *p, unsigned depth, double quantile, struct pb_search_point *out)
{
	struct pb_batches b = pb_stats_batch_means(p->rates, p->n_rates);
	struct pb_ci q = {NAN, NAN, NAN};
	double shift = 0;

	if (p->sampled_ns > 0 && !isnan(b.mean.est)) /* the exact count over the exact time */
		shift = (double)p->completed * 1e9 / (double)p->sampled_ns - b.mean.est;
	if (quantile > 0)
		q = pb_stats_hist_quantile(p->hist, quantile);
	*out = (struct pb_search_point){.depth = depth,
					.iops = b.mean.est + shift,
					.iops_lo = isnan(b.mean.lo) ? 0 : b.mean.lo + shift,
					.iops_hi = isnan(b.mean.hi) ? INFINITY : b.mean.hi + shift,
					.slo_lo_ns = q.lo,
					.slo_hi_ns = q.hi,
					.valid = p->valid_windows > 0 && p->failed == 0,
					.windows = p->windows};
}
