/*
 * The fit of clock.h: weighted least squares for the line, intervals for the bound.
 */
#include <errno.h>
#include <gsl/gsl_fit.h>
#include <math.h>
#include <stdio.h>

#include "engine/run/guest/clock.h"

#define DRIFT_SPAN_NS 2000000000.0
#define WIDTH_MIN_NS 2 /* two readings of 1 ns resolution */

/* A point relative to the first one, small enough for doubles: guest time, offset, half its width. */
struct sample {
	double x, y, half;
};

static struct sample sample_of(const struct pb_clock *k, unsigned i)
{
	const struct pb_clock_point *p = &k->p[i];
	int64_t width = p->width_ns > WIDTH_MIN_NS ? p->width_ns : WIDTH_MIN_NS;

	return (struct sample){
		.x = (double)(p->guest_ns - k->p[0].guest_ns),
		.y = (double)((p->host_ns - p->guest_ns) - (k->p[0].host_ns - k->p[0].guest_ns)),
		.half = (double)width / 2,
	};
}

/* The line y = c0 + c1 x. */
static void fit_line(const struct pb_clock *k, double *c0, double *c1)
{
	double x[PB_CLOCK_POINTS], y[PB_CLOCK_POINTS], w[PB_CLOCK_POINTS], sum = 0, sum_w = 0;
	double lo = 0, hi = 0, cov00, cov01, cov11, chisq;

	for (unsigned i = 0; i < k->n; i++) {
		struct sample s = sample_of(k, i);

		x[i] = s.x;
		y[i] = s.y;
		w[i] = 1 / (s.half * s.half);
		sum += w[i] * s.y;
		sum_w += w[i];
		lo = fmin(lo, s.x);
		hi = fmax(hi, s.x);
	}
	*c0 = sum / sum_w;
	*c1 = 0;
	if (k->n >= 3 && hi - lo >= DRIFT_SPAN_NS)
		gsl_fit_wlinear(x, 1, w, 1, y, 1, k->n, c0, c1, &cov00, &cov01, &cov11, &chisq);
}

/*
 * The error of the fit is e(x) = a + b x with |e(x_i) - r_i| <= h_i for the residuals r_i. It is largest at
 * one of the ends of the time covered; each pair of points limits its slope there.
 */
struct corridor {
	double first, last;        /* guest times */
	double lo[2], hi[2];       /* limits of e at the first and the last */
	double slope_lo, slope_hi; /* limits of b */
};

static void limit(double *lo, double *hi, double new_lo, double new_hi)
{
	*lo = fmax(*lo, new_lo);
	*hi = fmin(*hi, new_hi);
}

/* a is before b; y is the residual here. */
static void add_pair(struct corridor *c, const struct sample *a, const struct sample *b)
{
	double dx = b->x - a->x;
	double steep = (b->y + b->half - (a->y - a->half)) / dx;
	double flat = (b->y - b->half - (a->y + a->half)) / dx;

	limit(&c->slope_lo, &c->slope_hi, flat, steep);
	limit(&c->lo[1], &c->hi[1], b->y - b->half + flat * (c->last - b->x),
	      b->y + b->half + steep * (c->last - b->x));
	limit(&c->lo[0], &c->hi[0], a->y - a->half - steep * (a->x - c->first),
	      a->y + a->half - flat * (a->x - c->first));
}

static struct sample residual(const struct pb_clock *k, unsigned i, double c0, double c1)
{
	struct sample s = sample_of(k, i);

	s.y -= c0 + c1 * s.x;
	return s;
}

static void measure_corridor(const struct pb_clock *k, double c0, double c1, struct corridor *c)
{
	*c = (struct corridor){.first = INFINITY,
			       .last = -INFINITY,
			       .lo = {-INFINITY, -INFINITY},
			       .hi = {INFINITY, INFINITY},
			       .slope_lo = -INFINITY,
			       .slope_hi = INFINITY};
	for (unsigned i = 0; i < k->n; i++) {
		struct sample s = residual(k, i, c0, c1);

		c->first = fmin(c->first, s.x);
		c->last = fmax(c->last, s.x);
	}
	for (unsigned i = 0; i < k->n; i++) {
		struct sample s = residual(k, i, c0, c1);

		if (s.x <= c->first)
			limit(&c->lo[0], &c->hi[0], s.y - s.half, s.y + s.half);
		if (s.x >= c->last)
			limit(&c->lo[1], &c->hi[1], s.y - s.half, s.y + s.half);
		for (unsigned j = 0; j < k->n; j++) {
			struct sample b = residual(k, j, c0, c1);

			if (b.x > s.x)
				add_pair(c, &s, &b);
		}
	}
}

/* Half a nanosecond a coordinate is lost to rounding. */
static bool is_line(const struct corridor *c)
{
	return c->slope_lo <= c->slope_hi && c->lo[0] <= c->hi[0] + 1 && c->lo[1] <= c->hi[1] + 1;
}

/*
 * The bound without a line: between two points the true offset is taken to lie between theirs, whenever it
 * moved, so each offset is held against the fit at its neighbours too.
 */
static double worst_step(const struct pb_clock *k, double c0, double c1)
{
	double worst = 0;

	for (unsigned i = 0; i < k->n; i++) {
		struct sample s = sample_of(k, i);

		for (unsigned j = i ? i - 1 : 0; j <= i + 1 && j < k->n; j++)
			worst = fmax(worst, fabs(s.y - c0 - c1 * sample_of(k, j).x) + s.half);
	}
	return worst;
}

static void fit(struct pb_clock *k)
{
	struct corridor c;
	double c0, c1;

	fit_line(k, &c0, &c1);
	measure_corridor(k, c0, c1, &c);
	k->steady = is_line(&c);
	k->bound_ns = k->steady ? fmax(fmax(fabs(c.lo[0]), fabs(c.hi[0])), fmax(fabs(c.lo[1]), fabs(c.hi[1])))
				: worst_step(k, c0, c1);
	k->bound_ns += 1; /* stamps are whole nanoseconds */
	k->drift = c1;
	k->ref_guest_ns = k->p[0].guest_ns;
	k->offset_ns = c0 + (double)(k->p[0].host_ns - k->p[0].guest_ns);
}

/* The guest is not trusted, and its clock device may be broken: the pings were timed by the host itself. */
static bool drop_ptp(struct pb_clock *k)
{
	unsigned n = 0;

	for (unsigned i = 0; i < k->n; i++)
		if (!k->p[i].ptp)
			k->p[n++] = k->p[i];
	if (n == k->n || n == 0)
		return false;
	k->n = n;
	snprintf(k->ptp_why, sizeof(k->ptp_why), "ptp_kvm contradicts the pings");
	return true;
}

int pb_clock_fit(struct pb_clock *k)
{
	if (!k->n)
		return -ENODATA;
	fit(k);
	if (!k->steady && drop_ptp(k))
		fit(k);
	return 0;
}
