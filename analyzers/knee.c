/*
 * Second opinions on the knee of a depth curve: Little's law, Kneedle, the universal scalability law, power.
 */
#include "analyzers/knee.h"

#include "analyzers/predict_fit.h"

/* docs/rules.md A2: Kneedle needs 8 depths and 2 past saturation to mean anything */
#define KNEEDLE_DEPTHS 8
#define KNEEDLE_PAST 2

double pb_knee_little(const struct pb_sweep *s, double xmax)
{
	if (s->n == 0 || s->p[0].depth != 1 || !(s->p[0].lat_mean_ns > 0))
		return NAN;
	return xmax * s->p[0].lat_mean_ns / 1e9;
}

/* Throughput made monotone by pooling neighbours that fall: noise would add local maxima. */
static void smooth(double *y, const struct pb_sweep *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		y[i] = s->p[i].iops;
		for (unsigned j = i; j > 0 && y[j] < y[j - 1]; j--)
			y[j] = y[j - 1] = (y[j] + y[j - 1]) / 2;
	}
}

double pb_knee_kneedle(const struct pb_sweep *s)
{
	double y[PB_SWEEP_MAX], best = 0, x0, dx, y0, dy;
	unsigned at = 0;

	if (s->n < KNEEDLE_DEPTHS)
		return NAN;
	smooth(y, s);
	x0 = (double)s->p[0].depth;
	dx = (double)s->p[s->n - 1].depth - x0;
	y0 = y[0];
	dy = y[s->n - 1] - y0;
	if (!(dx > 0) || !(dy > 0))
		return NAN;
	/* After smoothing the difference curve has one maximum that matters: the largest. */
	for (unsigned i = 0; i < s->n; i++) {
		double diff = (y[i] - y0) / dy - ((double)s->p[i].depth - x0) / dx;

		if (diff > best) {
			best = diff;
			at = i;
		}
	}
	/* S = 1: the curve ends at 0, so it drops below best - mean step when best exceeds the mean step. */
	if (best <= 1.0 / (s->n - 1) || at + KNEEDLE_PAST >= s->n)
		return NAN;
	return (double)s->p[at].depth;
}

double pb_knee_usl(const struct pb_sweep *s)
{
	struct pb_fit f;

	pb_fit_depths(&f, s);
	if (pb_usl_fit(&f.u, PB_USL_LAW, f.p, f.n) < 0 || !(f.u.peak_n <= f.u.to_n))
		return NAN;
	return f.u.peak_n;
}

double pb_knee_power(const struct pb_sweep *s)
{
	double best = 0, depth = 0;

	for (unsigned i = 0; i < s->n; i++) {
		double power = s->p[i].iops * s->p[i].iops / (double)s->p[i].depth;

		if (power > best) {
			best = power;
			depth = (double)s->p[i].depth;
		}
	}
	return depth;
}
