/*
 * Compares two samples that were measured in pairs: Wilcoxon's signed-rank test of the log ratios and the
 * Hodges-Lehmann median of their Walsh averages with the interval that belongs to it (Hollander, Wolfe,
 * Chicken: Nonparametric Statistical Methods, 3.1-3.3). What both windows of a pair have in common, a machine
 * that slowed down between pairs above all, cancels. Decides nothing.
 */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "engine/lib/stats.h"

#define EXACT_MAX 40 /* pairs; 2^40 signs are exact in a double */
#define W_MAX (EXACT_MAX * (EXACT_MAX + 1) / 2)

/* P(W <= w) for w = 0..n(n+1)/2: each rank belongs to the positive ones or not, all 2^n ways alike. */
static void exact_cdf(unsigned n, double cdf[W_MAX + 1])
{
	unsigned top = n * (n + 1) / 2;
	double total = 0;

	for (unsigned w = 0; w <= top; w++)
		cdf[w] = w == 0;
	for (unsigned rank = 1; rank <= n; rank++)
		for (unsigned w = top; w >= rank; w--)
			cdf[w] += cdf[w - rank];
	for (unsigned w = 0; w <= top; w++) {
		total += cdf[w];
		cdf[w] = total;
	}
	for (unsigned w = 0; w <= top; w++)
		cdf[w] /= total;
}

/* Walsh averages above 0, those at 0 counting half: the sum of the positive ranks. */
static double signed_rank(const double *walsh, size_t m)
{
	double w = 0;

	for (size_t i = 0; i < m; i++)
		w += walsh[i] > 0 ? 1 : (walsh[i] >= 0 ? 0.5 : 0);
	return w;
}

static double deviation(double n)
{
	return sqrt(n * (n + 1) * (2 * n + 1) / 24);
}

static double test_p(double w, unsigned n)
{
	double cdf[W_MAX + 1], top = n * (n + 1.0) / 2, low = w < top - w ? w : top - w, p;

	if (n > EXACT_MAX) {
		double distance = (top / 2 - low - 0.5) / deviation(n);

		return distance > 0 ? 2 * gsl_cdf_ugaussian_Q(distance) : 1;
	}
	exact_cdf(n, cdf);
	/* a half from ties is rounded towards no difference */
	p = 2 * cdf[(unsigned)ceil(low)];
	return p < 1 ? p : 1;
}

/* How many averages at each end lie outside the interval, plus one; 0 = no bound. tail: what may lie beyond
 * one end. */
static size_t critical_rank(unsigned n, double tail)
{
	double cdf[W_MAX + 1], k;
	size_t rank = 0;

	if (n > EXACT_MAX) {
		k = floor(n * (n + 1.0) / 4 + 0.5 - gsl_cdf_ugaussian_Qinv(tail) * deviation(n));
		return k > 0 ? (size_t)k : 0;
	}
	exact_cdf(n, cdf);
	while (rank < (size_t)n * (n + 1) / 2 && cdf[rank] <= tail)
		rank++;
	return rank;
}

struct pb_compare pb_stats_paired(const double *a, const double *b, unsigned n, double alpha)
{
	struct pb_compare c = {.ratio = {NAN, NAN, NAN}, .p = 1};
	size_t m = (size_t)n * (n + 1) / 2, used = 0, rank;
	double *walsh;

	for (unsigned i = 0; i < n; i++)
		if (!(a[i] > 0) || !(b[i] > 0) || !isfinite(a[i]) || !isfinite(b[i]))
			return c;
	walsh = n ? malloc(m * sizeof(*walsh)) : NULL;
	if (!walsh)
		return c;
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = i; k < n; k++)
			walsh[used++] = (log(b[i] / a[i]) + log(b[k] / a[k])) / 2;
	gsl_sort(walsh, 1, m);
	c.ratio.est = exp(gsl_stats_median_from_sorted_data(walsh, 1, m));
	rank = critical_rank(n, alpha / 2);
	if (rank > 0) {
		c.ratio.lo = exp(walsh[rank - 1]);
		c.ratio.hi = exp(walsh[m - rank]);
	}
	c.p = test_p(signed_rank(walsh, m), n);
	free(walsh);
	return c;
}
