/*
 * Models of throughput over concurrency (I/Os in flight, vCPUs): Gunther's universal scalability law and the
 * two asymptotes of Little's law. Fits, predicts inside the measured range, and beyond it only when asked to
 * in so many words; host side only (GSL).
 */
#ifndef PB_LIB_USL_H
#define PB_LIB_USL_H

#include <stdbool.h>

#include "engine/lib/stats.h"

#define PB_USL_POINTS 256
#define PB_USL_LEAST 5 /* points the whole law needs: three parameters and something left to judge it by */
#define PB_USL_LEAST_TWO                                                                                     \
	2 /* points of the models with two parameters; without a third there is no interval */

struct pb_usl_point {
	double n, x; /* concurrency, throughput; both > 0, n rising */
	double se;   /* standard error of x; NAN or less than half a percent counts as half a percent */
};

enum pb_usl_model {
	PB_USL_LAW,        /* X = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)) */
	PB_USL_ASYMPTOTES, /* X = min(N / R1, Xmax) */
	PB_USL_AMDAHL      /* the law without kappa: for few points */
};

struct pb_usl {
	enum pb_usl_model model;
	struct pb_ci lambda, sigma, kappa; /* of law and Amdahl; sigma and kappa are never negative */
	double peak_n;    /* where the law's throughput is largest; NAN unless kappa's interval excludes 0 */
	double r1, x_max; /* of the asymptotes: seconds, 1/s */
	double b[3], cov[9]; /* N/X = b0 + b1 (N - 1) + b2 N (N - 1), and their covariance */
	double spread;       /* relative standard deviation of what was measured around the model */
	double t;            /* Student's factor for 95%; NAN when no point is left over */
	double from_n, to_n; /* measured range */
};

/*
 * The law by weighted least squares with coefficients >= 0: N/X is linear in them, weight X^4 / (N^2 var X)
 * (B. Schwartz, Practical Scalability Analysis with the Universal Scalability Law, 2015, fits the same form).
 * The asymptotes by the break with the least squared relative error. -EINVAL for too few points or no fit.
 */
int pb_usl_fit(struct pb_usl *u, enum pb_usl_model model, const struct pb_usl_point *p, unsigned n);
/* The fewest points that pb_usl_fit takes for this model. */
unsigned pb_usl_least(enum pb_usl_model model);
/* What would be measured at n, with a 95% interval; all NAN outside the measured range. */
struct pb_ci pb_usl_predict(const struct pb_usl *u, double n);
/* The same beyond the measured range, where nothing has shown that the model holds: callers say so. */
struct pb_ci pb_usl_extrapolate(const struct pb_usl *u, double n);
/*
 * Leave-one-out: each inner point predicted from the others, out[0] and out[n-1] NAN (beyond the others'
 * range). *error is the mean relative error of the inner points, *inside how many lie in their interval. It
 * needs a point more than a fit does, 3 at least. 0 or -errno.
 */
int pb_usl_leave_one_out(enum pb_usl_model model, const struct pb_usl_point *p, unsigned n, struct pb_ci *out,
			 double *error, unsigned *inside);

#endif
