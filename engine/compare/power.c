/*
 * Numbers of runs and smallest visible changes. Closed formulas; tests/bench/compare_rates.c checks them by
 * simulation.
 */
#include "engine/compare/power.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <math.h>

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

double pb_power_detectable(const double *a, unsigned na, const double *b, unsigned nb, double level)
{
	double df = (double)na + nb - 2, se;

	if (na < 2 || nb < 2 || isnan(level))
		return NAN;
	se = sqrt((squares(a, na) + squares(b, nb)) / df * (1.0 / na + 1.0 / nb) * M_PI / 3);
	return exp((gsl_cdf_tdist_Qinv(level / 2, df) + gsl_cdf_tdist_Pinv(PB_POWER, df)) * se);
}
