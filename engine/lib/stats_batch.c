/*
 * Series of rates in order of time: batch means, the end of a transient, and
 * SNIA's steady state.
 */
#include "engine/lib/stats_batch.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fit.h>
#include <math.h>
#include <stdlib.h>

#define TAIL 0.025    /* each side of a 95% interval */
#define LAG1_FREE 0.2 /* batches count as independent below this (tuning.md A3) */

/* The last k batches of b values each: what does not fill a batch is left out at the start. */
static void join(double *batch, const double *x, unsigned n, unsigned b)
{
	unsigned k = n / b, skip = n - k * b;

	for (unsigned i = 0; i < k; i++)
		batch[i] = pb_stats_mean(&x[skip + i * b], b);
}

struct pb_batches pb_stats_batch_means(const double *x, unsigned n)
{
	struct pb_batches out = {{NAN, NAN, NAN}, n, NAN};
	double *batch = n ? malloc(n * sizeof(*batch)) : NULL, n_eff, half;
	unsigned b = 1;

	if (!batch)
		return out;
	out.mean.est = pb_stats_mean(x, n);
	join(batch, x, n, b);
	out.lag1 = pb_stats_lag1(batch, n);
	while (fabs(out.lag1) >= LAG1_FREE && n / (2 * b) >= PB_BATCHES_MIN) {
		b *= 2;
		out.k = n / b;
		join(batch, x, n, b);
		out.lag1 = pb_stats_lag1(batch, out.k);
	}
	if (out.k >= 3) {
		n_eff = out.lag1 > 0 ? out.k * (1 - out.lag1) / (1 + out.lag1) : out.k;
		half = gsl_cdf_tdist_Qinv(TAIL, out.k - 1) * pb_stats_sd(batch, out.k) / sqrt(n_eff);
		out.mean.lo = out.mean.est - half;
		out.mean.hi = out.mean.est + half;
	}
	free(batch);
	return out;
}

/* From the end on, so that sums of the rest grow by one value at a time. */
unsigned pb_stats_mser(const double *x, unsigned n)
{
	double sum = 0, squares = 0, best = INFINITY, shift = n ? x[n - 1] : 0;
	unsigned cut = n / 2;

	if (n < 4)
		return n;
	for (unsigned d = n; d-- > 0;) {
		double v = x[d] - shift, m = n - d, error;

		sum += v;
		squares += v * v;
		if (d > n / 2)
			continue;
		error = fmax(squares - sum * sum / m, 0) / (m * m);
		if (error <= best) {
			best = error;
			cut = d;
		}
	}
	return cut;
}

struct pb_steady pb_stats_steady(const double *round, unsigned n)
{
	struct pb_steady s = {NAN, NAN, NAN, false};
	double x[PB_STEADY_ROUNDS], lo = INFINITY, hi = -INFINITY, c0, c1, cov00, cov01, cov11, sumsq;
	const double *y;

	if (n < PB_STEADY_ROUNDS)
		return s;
	y = &round[n - PB_STEADY_ROUNDS];
	for (unsigned i = 0; i < PB_STEADY_ROUNDS; i++) {
		if (!(y[i] > 0) || isinf(y[i]))
			return s;
		x[i] = i;
		lo = fmin(lo, y[i]);
		hi = fmax(hi, y[i]);
	}
	gsl_fit_linear(x, 1, y, 1, PB_STEADY_ROUNDS, &c0, &c1, &cov00, &cov01, &cov11, &sumsq);
	s.mean = pb_stats_mean(y, PB_STEADY_ROUNDS);
	s.range = (hi - lo) / s.mean;
	s.excursion = fabs(c1) * (PB_STEADY_ROUNDS - 1) / s.mean;
	s.steady = s.range <= PB_STEADY_RANGE && s.excursion <= PB_STEADY_EXCURSION;
	return s;
}
