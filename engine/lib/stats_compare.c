/*
 * Compares two samples without assuming a distribution: Mann-Whitney test and
 * the Hodges-Lehmann shift of log values with the interval that belongs to it
 * (Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 4.1-4.3). Decides nothing.
 */
#include "engine/lib/stats.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TAIL 0.025
#define EXACT_MAX 20 /* per arm; C(40, 20) = 1.4e11 arrangements are exact in a double */
#define U_MAX (EXACT_MAX * EXACT_MAX)

static bool all_positive(const double *x, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!(x[i] > 0) || !isfinite(x[i]))
			return false;
	}
	return true;
}

/*
 * P(U <= u) for u = 0..na*nb without ties. The counts are the coefficients of the Gaussian binomial
 * product over i of (1 - x^(nb+i)) / (1 - x^i), all whole numbers.
 */
static void exact_cdf(unsigned na, unsigned nb, double cdf[U_MAX + 1])
{
	unsigned top = na * nb;
	double total = 0;

	memset(cdf, 0, (U_MAX + 1) * sizeof(*cdf));
	cdf[0] = 1;
	for (unsigned i = 1; i <= na; i++) {
		for (unsigned u = top; u >= nb + i; u--)
			cdf[u] -= cdf[u - nb - i];
		for (unsigned u = i; u <= top; u++)
			cdf[u] += cdf[u - i];
	}
	for (unsigned u = 0; u <= top; u++) {
		total += cdf[u];
		cdf[u] = total;
	}
	for (unsigned u = 0; u <= top; u++)
		cdf[u] /= total;
}

/* Sum of t^3 - t over groups of t equal values in both samples; -1 on no memory. */
static double tie_term(const double *a, unsigned na, const double *b, unsigned nb)
{
	size_t n = (size_t)na + nb, run;
	double *all = malloc(n * sizeof(*all)), sum = 0;

	if (!all)
		return -1;
	memcpy(all, a, na * sizeof(*a));
	memcpy(all + na, b, nb * sizeof(*b));
	gsl_sort(all, 1, n);
	for (size_t i = 0; i < n; i += run) {
		double t;

		for (run = 1; i + run < n && all[i + run] <= all[i]; run++)
			;
		t = (double)run;
		sum += t * t * t - t;
	}
	free(all);
	return sum;
}

/* Pairs with b above a, ties counting half. */
static double u_statistic(const double *a, unsigned na, const double *b, unsigned nb)
{
	double u = 0;

	for (unsigned i = 0; i < na; i++) {
		for (unsigned k = 0; k < nb; k++)
			u += b[k] > a[i] ? 1 : (b[k] >= a[i] ? 0.5 : 0);
	}
	return u;
}

static double exact_p(double u, unsigned na, unsigned nb)
{
	double cdf[U_MAX + 1], mirrored = (double)na * nb - u;
	double p;

	exact_cdf(na, nb, cdf);
	p = 2 * cdf[(unsigned)(u < mirrored ? u : mirrored)];
	return p < 1 ? p : 1;
}

static double normal_p(double u, double na, double nb, double ties)
{
	double n = na + nb;
	double variance = na * nb / 12 * (n + 1 - ties / (n * (n - 1)));
	double distance = fabs(u - na * nb / 2) - 0.5;

	if (!(variance > 0) || distance <= 0)
		return 1;
	return 2 * gsl_cdf_ugaussian_Q(distance / sqrt(variance));
}

static double test_p(const double *a, unsigned na, const double *b, unsigned nb)
{
	double u = u_statistic(a, na, b, nb), ties = tie_term(a, na, b, nb);

	if (ties < 0)
		return 1;
	if (ties == 0 && na <= EXACT_MAX && nb <= EXACT_MAX)
		return exact_p(u, na, nb);
	return normal_p(u, na, nb, ties);
}

/* Largest k with P(U <= k - 1) <= 2.5%: the k-th differences from both ends bound the shift. 0 = no bound. */
static size_t critical_rank(unsigned na, unsigned nb)
{
	double cdf[U_MAX + 1], pairs = (double)na * nb, k;
	size_t rank = 0;

	if (na > EXACT_MAX || nb > EXACT_MAX) {
		k = floor(pairs / 2 + 0.5 -
			  gsl_cdf_ugaussian_Qinv(TAIL) * sqrt(pairs * ((double)na + nb + 1) / 12));
		return k > 0 ? (size_t)k : 0;
	}
	exact_cdf(na, nb, cdf);
	while (rank < (size_t)na * nb && cdf[rank] <= TAIL)
		rank++;
	return rank;
}

static struct pb_ci ratio_ci(const double *a, unsigned na, const double *b, unsigned nb)
{
	struct pb_ci ci = {NAN, NAN, NAN};
	size_t pairs = (size_t)na * nb, rank = critical_rank(na, nb);
	double *d = pairs ? malloc(pairs * sizeof(*d)) : NULL;

	if (!d)
		return ci;
	for (unsigned i = 0; i < na; i++) {
		for (unsigned k = 0; k < nb; k++)
			d[(size_t)i * nb + k] = log(b[k]) - log(a[i]);
	}
	gsl_sort(d, 1, pairs);
	ci.est = exp(gsl_stats_median_from_sorted_data(d, 1, pairs));
	if (rank > 0) {
		ci.lo = exp(d[rank - 1]);
		ci.hi = exp(d[pairs - rank]);
	}
	free(d);
	return ci;
}

struct pb_compare pb_stats_compare(const double *a, unsigned na, const double *b, unsigned nb)
{
	struct pb_compare c = {.ratio = {NAN, NAN, NAN}, .p = 1};

	if (na == 0 || nb == 0 || !all_positive(a, na) || !all_positive(b, nb))
		return c;
	c.ratio = ratio_ci(a, na, b, nb);
	c.p = test_p(a, na, b, nb);
	return c;
}
