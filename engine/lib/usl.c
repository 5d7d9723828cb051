/*
 * Fits of throughput over concurrency. Which model to believe is the caller's: leave-one-out tells.
 */
#include "engine/lib/usl.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_multifit.h>
#include <math.h>
#include <string.h>

#define SE_LEAST 0.005
#define TERMS 3

static double se_of(const struct pb_usl_point *p)
{
	return p->se >= SE_LEAST * p->x ? p->se : SE_LEAST * p->x;
}

static double term(int i, double n)
{
	return i == 0 ? 1 : i == 1 ? n - 1 : n * (n - 1);
}

static double model_at(const struct pb_usl *u, double n)
{
	double y = 0;

	if (u->model == PB_USL_ASYMPTOTES)
		return fmin(n / u->r1, u->x_max);
	for (int i = 0; i < TERMS; i++)
		y += u->b[i] * term(i, n);
	return n / y;
}

/* Relative standard deviation of the points around the model. */
static double spread_of(const struct pb_usl *u, const struct pb_usl_point *p, unsigned n, unsigned used)
{
	double sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += pow(p[i].x / model_at(u, p[i].n) - 1, 2);
	return sqrt(sum / (n > used ? n - used : 1));
}

/* One least-squares fit over the terms of `mask`; chisq INFINITY when a coefficient is not allowed. */
static int fit_terms(struct pb_usl *u, unsigned mask, const struct pb_usl_point *p, unsigned n, double *chisq)
{
	int at[TERMS] = {0}, k = 0;
	gsl_multifit_linear_workspace *work;
	gsl_matrix *x, *cov;
	gsl_vector *y, *w, *c;

	for (int i = 0; i < TERMS; i++)
		if (mask & (1u << i))
			at[k++] = i;
	x = gsl_matrix_alloc(n, (size_t)k);
	cov = gsl_matrix_alloc((size_t)k, (size_t)k);
	y = gsl_vector_alloc(n);
	w = gsl_vector_alloc(n);
	c = gsl_vector_alloc((size_t)k);
	work = gsl_multifit_linear_alloc(n, (size_t)k);
	for (unsigned i = 0; i < n; i++) {
		double y_se = p[i].n / (p[i].x * p[i].x) * se_of(&p[i]);

		for (int j = 0; j < k; j++)
			gsl_matrix_set(x, i, (size_t)j, term(at[j], p[i].n));
		gsl_vector_set(y, i, p[i].n / p[i].x);
		gsl_vector_set(w, i, 1 / (y_se * y_se));
	}
	gsl_multifit_wlinear(x, w, y, c, cov, chisq, work);
	memset(u->b, 0, sizeof(u->b));
	memset(u->cov, 0, sizeof(u->cov));
	for (int i = 0; i < k; i++) {
		u->b[at[i]] = gsl_vector_get(c, (size_t)i);
		for (int j = 0; j < k; j++)
			u->cov[TERMS * at[i] + at[j]] = gsl_matrix_get(cov, (size_t)i, (size_t)j);
		if (u->b[at[i]] < 0 || (at[i] == 0 && u->b[0] <= 0))
			*chisq = INFINITY;
	}
	gsl_multifit_linear_free(work);
	gsl_vector_free(c);
	gsl_vector_free(w);
	gsl_vector_free(y);
	gsl_matrix_free(cov);
	gsl_matrix_free(x);
	return k;
}

/* est +- half, never negative; half may be NAN: no interval. */
static struct pb_ci around(double est, double half)
{
	if (isnan(half))
		return (struct pb_ci){est, NAN, NAN};
	return (struct pb_ci){est, fmax(0, est - half), est + half};
}

/* b[i] / b[0] with the interval of the delta method. */
static struct pb_ci share_of(const struct pb_usl *u, int i)
{
	double r = u->b[i] / u->b[0];
	double var = (u->cov[TERMS * i + i] - 2 * r * u->cov[i] + r * r * u->cov[0]) / (u->b[0] * u->b[0]);

	return around(r, u->t * sqrt(fmax(0, var)));
}

/* Student's factor with that many points left over; NAN without any. */
static double student(int left)
{
	return left > 0 ? gsl_cdf_tdist_Qinv(0.025, (double)left) : NAN;
}

static int fit_law(struct pb_usl *u, const struct pb_usl_point *p, unsigned n)
{
	static const unsigned masks[] = {7, 3, 5, 1};
	unsigned allowed = u->model == PB_USL_AMDAHL ? 3 : 7;
	double best = INFINITY, scale, half;
	int used = 0;

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		struct pb_usl tried = *u;
		double chisq;
		int k;

		if (masks[i] & ~allowed)
			continue;
		k = fit_terms(&tried, masks[i], p, n, &chisq);
		if (!(chisq < best))
			continue;
		best = chisq;
		used = k;
		memcpy(u->b, tried.b, sizeof(u->b));
		memcpy(u->cov, tried.cov, sizeof(u->cov));
	}
	if (!isfinite(best))
		return -EINVAL;
	/* Points further off than their own errors allow: the model is not that good. */
	scale = (int)n > used ? fmax(1, best / (double)((int)n - used)) : 1;
	for (int i = 0; i < TERMS * TERMS; i++)
		u->cov[i] *= scale;
	u->t = student((int)n - used);
	half = u->t * sqrt(u->cov[0]) / u->b[0];
	u->lambda = (struct pb_ci){1 / u->b[0], 1 / (u->b[0] * (1 + half)),
				   half < 1 ? 1 / (u->b[0] * (1 - half)) : INFINITY};
	u->sigma = share_of(u, 1);
	u->kappa = share_of(u, 2);
	u->peak_n = u->kappa.lo > 0 && u->sigma.est < 1 ? sqrt((1 - u->sigma.est) / u->kappa.est) : NAN;
	u->spread = spread_of(u, p, n, (unsigned)used);
	return 0;
}

static int fit_asymptotes(struct pb_usl *u, const struct pb_usl_point *p, unsigned n)
{
	double best = INFINITY;

	for (unsigned k = 1; k < n; k++) {
		struct pb_usl tried = *u;
		double w, up = 0, up_w = 0, flat = 0, flat_w = 0;

		for (unsigned i = 0; i < n; i++) {
			w = pow(p[i].x / se_of(&p[i]), 2);
			if (i < k) {
				up += w * p[i].n / p[i].x;
				up_w += w;
			} else {
				flat += w * p[i].x;
				flat_w += w;
			}
		}
		tried.r1 = up / up_w;
		tried.x_max = flat / flat_w;
		tried.spread = spread_of(&tried, p, n, 2);
		if (tried.spread < best) {
			best = tried.spread;
			*u = tried;
		}
	}
	u->t = student((int)n - 2);
	return isfinite(best) ? 0 : -EINVAL;
}

unsigned pb_usl_least(enum pb_usl_model model)
{
	return model == PB_USL_LAW ? PB_USL_LEAST : PB_USL_LEAST_TWO;
}

int pb_usl_fit(struct pb_usl *u, enum pb_usl_model model, const struct pb_usl_point *p, unsigned n)
{
	const struct pb_ci none = {NAN, NAN, NAN};

	if (n < pb_usl_least(model) || n > PB_USL_POINTS)
		return -EINVAL;
	for (unsigned i = 0; i < n; i++)
		if (!(p[i].n > 0) || !(p[i].x > 0) || (i && p[i].n <= p[i - 1].n))
			return -EINVAL;
	*u = (struct pb_usl){.model = model,
			     .lambda = none,
			     .sigma = none,
			     .kappa = none,
			     .peak_n = NAN,
			     .r1 = NAN,
			     .x_max = NAN,
			     .from_n = p[0].n,
			     .to_n = p[n - 1].n};
	return model == PB_USL_ASYMPTOTES ? fit_asymptotes(u, p, n) : fit_law(u, p, n);
}

struct pb_ci pb_usl_predict(const struct pb_usl *u, double n)
{
	if (!(n >= u->from_n && n <= u->to_n))
		return (struct pb_ci){NAN, NAN, NAN};
	return pb_usl_extrapolate(u, n);
}

struct pb_ci pb_usl_extrapolate(const struct pb_usl *u, double n)
{
	double x = model_at(u, n), var = 0;

	for (int i = 0; u->model != PB_USL_ASYMPTOTES && i < TERMS; i++)
		for (int j = 0; j < TERMS; j++)
			var += term(i, n) * term(j, n) * u->cov[TERMS * i + j];
	var *= pow(x * x / n, 2);
	return around(x, u->t * sqrt(fmax(0, var) + pow(u->spread * x, 2)));
}

int pb_usl_leave_one_out(enum pb_usl_model model, const struct pb_usl_point *p, unsigned n, struct pb_ci *out,
			 double *error, unsigned *inside)
{
	struct pb_usl_point rest[PB_USL_POINTS];
	double sum = 0;

	if (n < pb_usl_least(model) + 1 || n < 3 || n > PB_USL_POINTS)
		return -EINVAL;
	*inside = 0;
	out[0] = out[n - 1] = (struct pb_ci){NAN, NAN, NAN};
	for (unsigned i = 1; i + 1 < n; i++) {
		struct pb_usl u;
		int ret;

		memcpy(rest, p, i * sizeof(*p));
		memcpy(rest + i, p + i + 1, (n - i - 1) * sizeof(*p));
		ret = pb_usl_fit(&u, model, rest, n - 1);
		if (ret < 0)
			return ret;
		out[i] = pb_usl_predict(&u, p[i].n);
		sum += fabs(out[i].est / p[i].x - 1);
		*inside += p[i].x >= out[i].lo && p[i].x <= out[i].hi;
	}
	*error = sum / (n - 2);
	return 0;
}
