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

/* Both samples, sorted; NULL on no memory. */
static double *pooled(const double *a, unsigned na, const double *b, unsigned nb)
{
	double *all = malloc(((size_t)na + nb) * sizeof(*all));

	if (!all)
		return NULL;
	memcpy(all, a, na * sizeof(*a));
	memcpy(all + na, b, nb * sizeof(*b));
	gsl_sort(all, 1, (size_t)na + nb);
	return all;
}

/* Sum of t^3 - t over groups of t equal values in both samples. */
static double tie_term(const double *all, size_t n)
{
	double sum = 0;
	size_t run;

	for (size_t i = 0; i < n; i += run) {
		double t;

		for (run = 1; i + run < n && all[i + run] <= all[i]; run++)
			;
		t = (double)run;
		sum += t * t * t - t;
	}
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

/*
 * ways[k * (top + 1) + s] = how many choices of k of the n values have the sum s of doubled midranks, top
 * being that of all of them. NULL on no memory; owned by the caller.
 */
static double *rank_sums(const double *all, unsigned n, unsigned k_max, size_t top)
{
	double *ways = calloc((size_t)(k_max + 1) * (top + 1), sizeof(*ways));
	size_t run, seen = 0;

	if (!ways)
		return NULL;
	ways[0] = 1;
	for (size_t i = 0; i < n; i += run) {
		size_t rank;

		for (run = 1; i + run < n && all[i + run] <= all[i]; run++)
			;
		rank = 2 * i + run + 1; /* twice the mean of i + 1 .. i + run */
		for (size_t r = 0; r < run; r++, seen++)
			for (size_t k = seen < k_max ? seen + 1 : k_max; k > 0; k--)
				for (size_t s = top; s + 1 > rank; s--)
					ways[k * (top + 1) + s] += ways[(k - 1) * (top + 1) + s - rank];
	}
	return ways;
}

/* The permutation distribution of U given the ties (midranks), so that small samples with ties are exact,
 * too. */
static double exact_tied_p(double u, const double *all, unsigned na, unsigned nb)
{
	size_t n = (size_t)na + nb, top = n * (n + 1);
	/* u counts pairs with b above a: b's rank sum is u + nb (nb + 1) / 2. */
	double at = 2 * u + (double)nb * (nb + 1), low = 0, high = 0, total = 0;
	double *ways = rank_sums(all, (unsigned)n, nb, top);

	if (!ways)
		return 1;
	for (size_t s = 0; s <= top; s++) {
		double w = ways[nb * (top + 1) + s];

		total += w;
		low += (double)s <= at + 0.25 ? w : 0;
		high += (double)s >= at - 0.25 ? w : 0;
	}
	free(ways);
	return fmin(1, 2 * fmin(low, high) / total);
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
	bool small = na <= EXACT_MAX && nb <= EXACT_MAX;
	double u = u_statistic(a, na, b, nb), ties, p;
	double *all = pooled(a, na, b, nb);

	if (!all)
		return 1;
	ties = tie_term(all, (size_t)na + nb);
	if (!small)
		p = normal_p(u, na, nb, ties);
	else
		p = ties > 0 ? exact_tied_p(u, all, na, nb) : exact_p(u, na, nb);
	free(all);
	return p;
}

double pb_stats_compare_level(unsigned na, unsigned nb, double alpha)
{
	double cdf[U_MAX + 1], level = NAN;

	if (na == 0 || nb == 0)
		return NAN;
	if (na > EXACT_MAX || nb > EXACT_MAX)
		return alpha;
	exact_cdf(na, nb, cdf);
	for (unsigned u = 0; u <= na * nb && 2 * cdf[u] <= alpha; u++)
		level = 2 * cdf[u];
	return level;
}

/* Largest k with P(U <= k - 1) <= tail: the k-th differences from both ends bound the shift. 0 = no bound. */
static size_t critical_rank(unsigned na, unsigned nb, double tail)
{
	double cdf[U_MAX + 1], pairs = (double)na * nb, k;
	size_t rank = 0;

	if (na > EXACT_MAX || nb > EXACT_MAX) {
		k = floor(pairs / 2 + 0.5 -
			  gsl_cdf_ugaussian_Qinv(tail) * sqrt(pairs * ((double)na + nb + 1) / 12));
		return k > 0 ? (size_t)k : 0;
	}
	exact_cdf(na, nb, cdf);
	while (rank < (size_t)na * nb && cdf[rank] <= tail)
		rank++;
	return rank;
}

size_t pb_stats_compare_rank(unsigned na, unsigned nb, double alpha)
{
	/* alpha may be one of the p values themselves, which rounding must not put out of reach. */
	return na && nb ? critical_rank(na, nb, alpha / 2 * (1 + 1e-9)) : 0;
}

static struct pb_ci ratio_ci(const double *a, unsigned na, const double *b, unsigned nb)
{
	struct pb_ci ci = {NAN, NAN, NAN};
	size_t pairs = (size_t)na * nb, rank = critical_rank(na, nb, TAIL);
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
