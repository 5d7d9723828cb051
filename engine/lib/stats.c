/*
 * Statistics of one sample: moments, batch means, order statistics, histogram
 * quantiles. Comparing two samples is stats_compare.c.
 */
#include "engine/lib/stats.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAIL 0.025 /* each side of a 95% interval */
/* Batches count as independent up to this lag-1 autocorrelation (tuning.md A3). */
#define LAG1_FREE 0.2
/* With a larger variance than this a binomial is normal for our purposes: ranks differ by less than one in
 * ten thousand. */
#define BINOMIAL_VARIANCE_EXACT 1e4

static const struct pb_ci nothing = {NAN, NAN, NAN};

double pb_stats_mean(const double *x, unsigned n)
{
	return n ? gsl_stats_mean(x, 1, n) : NAN;
}

double pb_stats_sd(const double *x, unsigned n)
{
	return n > 1 ? gsl_stats_sd(x, 1, n) : NAN;
}

/* A sorted copy, owned by the caller; NULL on no memory. */
static double *sorted(const double *x, unsigned n)
{
	double *copy = malloc((n ? n : 1) * sizeof(*copy));

	if (!copy)
		return NULL;
	memcpy(copy, x, n * sizeof(*copy));
	gsl_sort(copy, 1, n);
	return copy;
}

double pb_stats_median(const double *x, unsigned n)
{
	double *s = n ? sorted(x, n) : NULL, median;

	if (!s)
		return NAN;
	median = gsl_stats_median_from_sorted_data(s, 1, n);
	free(s);
	return median;
}

double pb_stats_lag1(const double *x, unsigned n)
{
	double mean, num = 0, den = 0;

	if (n < 4)
		return NAN;
	mean = gsl_stats_mean(x, 1, n);
	for (unsigned i = 0; i < n; i++)
		den += (x[i] - mean) * (x[i] - mean);
	for (unsigned i = 1; i < n; i++)
		num += (x[i] - mean) * (x[i - 1] - mean);
	/* Rounding leaves a constant series a variance of a few ulp, whose correlation means nothing. */
	return den > n * mean * mean * 1e-24 ? num / den : NAN;
}

struct pb_ci pb_stats_mean_ci(const double *x, unsigned n)
{
	struct pb_ci ci = nothing;
	double r, n_eff = n, half;

	if (n == 0)
		return ci;
	ci.est = pb_stats_mean(x, n);
	if (n < 3)
		return ci;
	r = pb_stats_lag1(x, n);
	if (r > LAG1_FREE)
		n_eff = n * (1 - r) / (1 + r);
	half = gsl_cdf_tdist_Qinv(TAIL, n - 1) * pb_stats_sd(x, n) / sqrt(n_eff);
	ci.lo = ci.est - half;
	ci.hi = ci.est + half;
	return ci;
}

/* Smallest k in 0..n with P(Binomial(n, q) <= k) >= p, 0 < p < 1. */
static uint64_t binomial_inv(uint64_t n, double q, double p)
{
	double variance = (double)n * q * (1 - q);
	double guess = ceil((double)n * q + gsl_cdf_ugaussian_Pinv(p) * sqrt(variance) - 0.5);
	uint64_t k = guess < 0 ? 0 : (uint64_t)guess;

	k = k > n ? n : k;
	if (variance > BINOMIAL_VARIANCE_EXACT || n > UINT32_MAX)
		return k;
	while (k > 0 && gsl_cdf_binomial_P((unsigned)(k - 1), q, (unsigned)n) >= p)
		k--;
	while (k < n && gsl_cdf_binomial_P((unsigned)k, q, (unsigned)n) < p)
		k++;
	return k;
}

/*
 * Ranks (from 1) of the order statistics that bound quantile q of n observations with 95%: the number of
 * observations below the quantile is Binomial(n, q). lo = 0 or hi = n + 1: n is too small for that bound.
 */
static void quantile_ranks(uint64_t n, double q, uint64_t *lo, uint64_t *hi)
{
	*lo = binomial_inv(n, q, TAIL);
	*hi = binomial_inv(n, q, 1 - TAIL) + 1;
}

struct pb_ci pb_stats_median_ci(const double *x, unsigned n)
{
	struct pb_ci ci = nothing;
	uint64_t lo, hi;
	double *s;

	if (n == 0)
		return ci;
	s = sorted(x, n);
	if (!s)
		return ci;
	ci.est = gsl_stats_median_from_sorted_data(s, 1, n);
	quantile_ranks(n, 0.5, &lo, &hi);
	if (lo >= 1 && hi <= n) {
		ci.lo = s[lo - 1];
		ci.hi = s[hi - 1];
	}
	free(s);
	return ci;
}

/* Latency of the observation of rank k (from 1). */
static double rank_ns(const uint64_t bins[PB_HIST_BINS], uint64_t k)
{
	uint64_t seen = 0;

	for (unsigned i = 0; i < PB_HIST_BINS; i++) {
		seen += bins[i];
		if (seen >= k)
			return (double)pb_hist_mid(i);
	}
	return (double)pb_hist_mid(PB_HIST_BINS - 1);
}

struct pb_ci pb_stats_hist_quantile(const uint64_t bins[PB_HIST_BINS], double q)
{
	struct pb_ci ci = nothing;
	uint64_t n = 0, rank, lo, hi;

	for (unsigned i = 0; i < PB_HIST_BINS; i++)
		n += bins[i];
	if (n == 0 || !(q >= 0 && q <= 1))
		return ci;
	rank = (uint64_t)ceil((double)n * q);
	ci.est = rank_ns(bins, rank ? rank : 1);
	quantile_ranks(n, q, &lo, &hi);
	if (lo >= 1)
		ci.lo = rank_ns(bins, lo);
	if (hi <= n)
		ci.hi = rank_ns(bins, hi);
	return ci;
}
