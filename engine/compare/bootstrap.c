/*
 * Resamples logs of both arms and keeps the Hodges-Lehmann shift of each draw. Decides nothing.
 */
#include "engine/compare/bootstrap.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#define SEED 20150501
#define DRAWS 2000
#define DRAWS_MIN 400
#define PAIRS_TOTAL 4e6 /* draws times pairs: large samples need fewer draws, and would take seconds */
#define TAIL 0.025

struct arms {
	double *a, *b, *d, *shift; /* logs, pairs, draws; one allocation */
	unsigned na, nb, draws;
};

static void pairs(struct arms *s, const size_t *ia, const size_t *ib)
{
	for (size_t i = 0; i < s->na; i++)
		for (size_t k = 0; k < s->nb; k++)
			s->d[i * s->nb + k] = s->b[ib ? ib[k] : k] - s->a[ia ? ia[i] : i];
}

static double middle(struct arms *s)
{
	return gsl_stats_median(s->d, 1, (size_t)s->na * s->nb);
}

static int draw(struct arms *s)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	size_t *at = malloc(((size_t)s->na + s->nb) * sizeof(*at));

	if (rng && at) {
		gsl_rng_set(rng, SEED);
		for (unsigned r = 0; r < s->draws; r++) {
			for (unsigned i = 0; i < s->na; i++)
				at[i] = gsl_rng_uniform_int(rng, s->na);
			for (unsigned i = 0; i < s->nb; i++)
				at[s->na + i] = gsl_rng_uniform_int(rng, s->nb);
			pairs(s, at, at + s->na);
			s->shift[r] = middle(s);
		}
		gsl_sort(s->shift, 1, s->draws);
	}
	gsl_rng_free(rng);
	free(at);
	return rng && at ? 0 : -1;
}

/* Percentiles of small samples are too narrow by sqrt(n / (n - 1)) and by the normal in place of Student's t.
 */
static double tail(double n)
{
	double t = gsl_cdf_tdist_Qinv(TAIL, n - 2);

	return gsl_cdf_ugaussian_Q(sqrt(n / (n - 2)) * t);
}

struct pb_ci pb_bootstrap_ratio(const double *a, unsigned na, const double *b, unsigned nb)
{
	struct pb_ci ci = {NAN, NAN, NAN};
	size_t n_pairs = (size_t)na * nb;
	struct arms s = {.na = na, .nb = nb};
	double share;

	if (n_pairs == 0)
		return ci;
	s.draws = (unsigned)fmin(DRAWS, fmax(DRAWS_MIN, PAIRS_TOTAL / (double)n_pairs));
	s.a = malloc(((size_t)na + nb + n_pairs + s.draws) * sizeof(*s.a));
	if (!s.a)
		return ci;
	s.b = s.a + na;
	s.d = s.b + nb;
	s.shift = s.d + n_pairs;
	for (unsigned i = 0; i < na; i++)
		s.a[i] = log(a[i]);
	for (unsigned i = 0; i < nb; i++)
		s.b[i] = log(b[i]);
	pairs(&s, NULL, NULL);
	ci.est = exp(middle(&s));
	if (na > 1 && nb > 1 && draw(&s) == 0) {
		share = tail((double)na + nb);
		ci.lo = exp(gsl_stats_quantile_from_sorted_data(s.shift, 1, s.draws, share));
		ci.hi = exp(gsl_stats_quantile_from_sorted_data(s.shift, 1, s.draws, 1 - share));
	}
	free(s.a);
	return ci;
}
