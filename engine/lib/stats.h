/*
 * Statistics for measured steps: means with intervals from batch means,
 * quantiles with order-statistic intervals, two-sample comparison. Built on GSL; host side only.
 */
#ifndef PB_LIB_STATS_H
#define PB_LIB_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "engine/lib/hist.h"

struct pb_ci {
	double est, lo, hi; /* NAN when there is too little data */
};

double pb_stats_mean(const double *x, unsigned n);
double pb_stats_sd(const double *x, unsigned n);     /* n-1 in the denominator */
double pb_stats_median(const double *x, unsigned n); /* x is not changed */
double pb_stats_lag1(const double *x, unsigned n);   /* lag-1 autocorrelation; NAN for n < 4 or constant x */

/*
 * 95% interval of the mean from batch means (knowledge tuning.md A3): t(n-1)
 * with the effective sample size n(1-r)/(1+r) when the lag-1 autocorrelation
 * r exceeds 0.2. NAN bounds for n < 3.
 */
struct pb_ci pb_stats_mean_ci(const double *x, unsigned n);

/* 95% order-statistic interval of the median; bounds NAN for n < 6. */
struct pb_ci pb_stats_median_ci(const double *x, unsigned n);

/*
 * Quantile q (0..1) of a histogram in ns with a 95% binomial interval; NAN when empty. A bound that
 * no observation can give is NAN: p99 has no upper bound below 368 observations.
 */
struct pb_ci pb_stats_hist_quantile(const uint64_t bins[PB_HIST_BINS], double q);

/*
 * Two samples: Hodges-Lehmann shift of log values as a ratio b/a with a 95%
 * interval (from Walsh differences, exact Mann-Whitney critical values for small n, normal
 * approximation above 20) and the two-sided Mann-Whitney p (exact to 20 per arm, given the ties).
 * All values must be > 0. p is 1 when n is too small to say anything.
 */
struct pb_compare {
	struct pb_ci ratio;
	double p;
};
struct pb_compare pb_stats_compare(const double *a, unsigned na, const double *b, unsigned nb);
/* The largest p that pb_stats_compare can give without ties and that is not above alpha; NAN when even its
 * smallest is above, alpha itself where p is not exact. */
double pb_stats_compare_level(unsigned na, unsigned nb, double alpha);
/* How many of the na * nb pairs may at most be in the wrong order for p <= alpha, plus one; 0 = none is
 * enough. */
size_t pb_stats_compare_rank(unsigned na, unsigned nb, double alpha);
/*
 * The same for n pairs, a[i] and b[i] measured one after the other: Hodges-Lehmann median of the log ratios
 * with an interval of 1 - alpha and the two-sided Wilcoxon signed-rank p (exact to 40 pairs, normal
 * approximation above). 6 pairs are the fewest that give an interval of 95%, 7 the fewest for 98%. What
 * changes between pairs, and not within them, does not widen it.
 */
struct pb_compare pb_stats_paired(const double *a, const double *b, unsigned n, double alpha);

#endif
