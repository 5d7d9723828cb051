/*
 * Numbers of runs and smallest visible changes. Closed formulas; tests/bench/compare_rates.c checks them by
 * simulation.
 */
#include "engine/compare/power.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "engine/lib/stats.h"

#define SEED 19470301
#define DRAWS 1000
#define PAIRS_DRAWN 400

double pb_power_least_p(unsigned na, unsigned nb)
{
	double ways = 1;

	if (na == 0 || nb == 0)
		return 1;
	for (unsigned i = 1; i <= na; i++)
		ways *= (double)(nb + i) / i;
	return fmin(1, 2 / ways);
}

unsigned pb_power_runs(double alpha)
{
	unsigned n = 1;

	while (pb_power_least_p(n, n) > alpha && n < 64)
		n++;
	return n;
}

/* Sum of squared distances of the logs from their mean. */
static double squares(const double *x, unsigned n)
{
	double mean = 0, sum = 0;

	for (unsigned i = 0; i < n; i++)
		mean += log(x[i]) / n;
	for (unsigned i = 0; i < n; i++)
		sum += (log(x[i]) - mean) * (log(x[i]) - mean);
	return sum;
}

double pb_power_noise(const double *a, unsigned na, const double *b, unsigned nb)
{
	if (na < 2 || nb < 2)
		return NAN;
	return sqrt((squares(a, na) + squares(b, nb)) / ((double)na + nb - 2));
}

/* The smallest shift of b that lets the test call it, of one draw: that many differences must be bridged. */
static double draw_shift(gsl_rng *rng, double *x, unsigned na, unsigned nb, size_t rank)
{
	double *d = x + na + nb;
	size_t pairs = (size_t)na * nb;

	for (unsigned i = 0; i < na + nb; i++)
		x[i] = gsl_ran_gaussian_ziggurat(rng, 1);
	for (unsigned i = 0; i < na; i++)
		for (unsigned k = 0; k < nb; k++)
			d[(size_t)i * nb + k] = x[i] - x[na + k];
	return gsl_stats_select(d, 1, pairs, pairs - rank);
}

static double drawn_shift(unsigned na, unsigned nb, size_t rank)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	double *x = calloc((size_t)na + nb + (size_t)na * nb + DRAWS, sizeof(*x)), found = NAN;

	if (rng && x) {
		double *shift = x + na + nb + (size_t)na * nb;

		gsl_rng_set(rng, SEED);
		for (unsigned i = 0; i < DRAWS; i++)
			shift[i] = draw_shift(rng, x, na, nb, rank);
		found = gsl_stats_select(shift, 1, DRAWS, (size_t)(PB_POWER * DRAWS));
	}
	gsl_rng_free(rng);
	free(x);
	return found;
}

double pb_power_shift(unsigned na, unsigned nb, double level)
{
	double df = (double)na + nb - 2;
	size_t rank = isnan(level) ? 0 : pb_stats_compare_rank(na, nb, level);

	if (na < 2 || nb < 2 || rank == 0)
		return NAN;
	if ((size_t)na * nb <= PAIRS_DRAWN)
		return drawn_shift(na, nb, rank);
	return (gsl_cdf_tdist_Qinv(level / 2, df) + gsl_cdf_tdist_Pinv(PB_POWER, df)) *
	       sqrt((1.0 / na + 1.0 / nb) * M_PI / 3);
}
