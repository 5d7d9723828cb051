/*
 * The mixed model behind a comparison of depths. What the search makes of it
 * is search_choose.c's.
 */
#include "engine/run/search_fit.h"
#include "engine/run/search_choose.h"

#include <errno.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>

#define ERRORS 2.0 /* standard errors to each side */

#define STEP_FREEDOM 2.0
#define STEP_ROUNDS 4

/* Standard deviations that are tried, of a window and of the walk in a second. No machine is perfectly even,
 * so 0 is not among them. */
static const double tried[] = {0.003, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32};
#define N_TRIED (int)(sizeof(tried) / sizeof(tried[0]))

/* Generalized least squares over the windows for one pair of variances. */
struct fit {
	const struct pb_search *s;
	size_t n, m;                     /* windows; depths that have any */
	int column[PB_SEARCH_POINTS];    /* of a point, -1 without windows */
	gsl_matrix v;                    /* n x n; then its Cholesky factor */
	gsl_matrix x;                    /* n x (m + 1): design and, last, log IOPS; then whitened */
	gsl_matrix cov;                  /* m x m, of the effects */
	double heavy[PB_SEARCH_WINDOWS]; /* variance of the walk's step to a window, in usual ones */
	gsl_vector effect;               /* m */
};

void pb_search_window(struct pb_search *s, unsigned depth, double t_s, const struct pb_ci *iops)
{
	double half = (iops->hi - iops->lo) / 2 / iops->est;

	if (s->n_w == PB_SEARCH_WINDOWS || !(iops->est > 0) || !isfinite(half))
		return;
	s->w[s->n_w++] = (struct pb_search_window){.depth = depth,
						   .t_s = t_s,
						   .log_iops = log(iops->est),
						   .var = half * half / (ERRORS * ERRORS)};
}

static int point_of(const struct pb_search *s, unsigned depth)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->p[i].depth == depth)
			return (int)i;
	return -1;
}

/* Seconds of walk between the first window and this one, with what heavy steps count more. */
static void walked(const struct fit *f, double *seconds)
{
	const struct pb_search_window *w = f->s->w;

	for (unsigned i = 1; i < f->n; i++)
		seconds[i] = seconds[i - 1] + (w[i].t_s - w[i - 1].t_s) * f->heavy[i];
}

static void fill(struct fit *f, double white, double walk)
{
	const struct pb_search_window *w = f->s->w;
	double seconds[PB_SEARCH_WINDOWS] = {0};

	walked(f, seconds);
	gsl_matrix_set_zero(&f->x);
	for (unsigned i = 0; i < f->n; i++) {
		for (unsigned k = 0; k <= i; k++)
			gsl_matrix_set(&f->v, i, k,
				       walk * walk * seconds[k] + (i == k ? white * white + w[i].var : 0));
		gsl_matrix_set(&f->x, i, (size_t)f->column[point_of(f->s, w[i].depth)], 1);
		gsl_matrix_set(&f->x, i, f->m, w[i].log_iops);
	}
}

static double log_det(const gsl_matrix *factor)
{
	double sum = 0;

	for (size_t i = 0; i < factor->size1; i++)
		sum += 2 * log(gsl_matrix_get(factor, i, i));
	return sum;
}

/* Solves for the effects and their covariance; the restricted log likelihood, up to a constant. */
static double solve(struct fit *f, double white, double walk)
{
	gsl_matrix_view x = gsl_matrix_submatrix(&f->x, 0, 0, f->n, f->m);
	gsl_vector_view y = gsl_matrix_column(&f->x, f->m);
	double left, explained, dets;

	fill(f, white, walk);
	gsl_linalg_cholesky_decomp1(&f->v);
	gsl_blas_dtrsm(CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, 1, &f->v, &f->x);
	gsl_blas_dsyrk(CblasLower, CblasTrans, 1, &x.matrix, 0, &f->cov);
	gsl_blas_dgemv(CblasTrans, 1, &x.matrix, &y.vector, 0, &f->effect);
	gsl_linalg_cholesky_decomp1(&f->cov);
	dets = log_det(&f->v) + log_det(&f->cov);
	gsl_blas_dtrsv(CblasLower, CblasNoTrans, CblasNonUnit, &f->cov, &f->effect);
	gsl_blas_ddot(&f->effect, &f->effect, &explained);
	gsl_blas_dtrsv(CblasLower, CblasTrans, CblasNonUnit, &f->cov, &f->effect);
	gsl_blas_ddot(&y.vector, &y.vector, &left);
	gsl_linalg_cholesky_invert(&f->cov);
	return -(dets + left - explained) / 2;
}

/*
 * Other load comes and goes at once: a step of the walk that is far larger than the others is given its own
 * variance, as under Student's t with STEP_FREEDOM degrees (EM of Lange, Little & Taylor 1989, with the
 * step's best prediction).
 */
static void robust(struct fit *f, double white, double walk)
{
	gsl_matrix_view x = gsl_matrix_submatrix(&f->x, 0, 0, f->n, f->m);
	gsl_vector_view left = gsl_matrix_column(&f->x, f->m);
	const struct pb_search_window *w = f->s->w;

	for (int round = 0; round < STEP_ROUNDS; round++) {
		double sum = 0;

		gsl_blas_dgemv(CblasNoTrans, -1, &x.matrix, &f->effect, 1, &left.vector);
		gsl_blas_dtrsv(CblasLower, CblasTrans, CblasNonUnit, &f->v, &left.vector);
		for (unsigned i = f->n; i-- > 1;) {
			double var = walk * walk * (w[i].t_s - w[i - 1].t_s), step;

			sum += gsl_vector_get(&left.vector, i);
			step = var * f->heavy[i] * sum;
			f->heavy[i] = (STEP_FREEDOM + step * step / fmax(var, 1e-12)) / (STEP_FREEDOM + 1);
		}
		solve(f, white, walk);
	}
}

/* Climbs from the variances of the last time: a further window rarely moves them far. */
static void climb(struct fit *f, unsigned char best[2])
{
	double top = solve(f, tried[best[0]], tried[best[1]]);
	bool moved = true;

	while (moved) {
		moved = false;
		for (int k = 0; k < 4; k++) {
			int at[2] = {best[0], best[1]};
			double now;

			at[k / 2] += k % 2 ? 1 : -1;
			if (at[k / 2] < 0 || at[k / 2] >= N_TRIED)
				continue;
			now = solve(f, tried[at[0]], tried[at[1]]);
			if (now <= top)
				continue;
			top = now;
			best[k / 2] = (unsigned char)at[k / 2];
			moved = true;
		}
	}
	solve(f, tried[best[0]], tried[best[1]]);
	robust(f, tried[best[0]], tried[best[1]]);
}

/* Variance of the difference between a depth and the mean of the plateau's others; with no others, of the
 * next best. */
static double compared(const struct fit *f, int d)
{
	double best = -INFINITY, next = -INFINITY, floor, var = gsl_matrix_get(&f->cov, (size_t)d, (size_t)d);
	unsigned count = 0;
	double with = 0, among = 0;

	for (int i = 0; i < (int)f->m; i++) {
		best = fmax(best, gsl_vector_get(&f->effect, (size_t)i));
		if (i != d)
			next = fmax(next, gsl_vector_get(&f->effect, (size_t)i));
	}
	floor = fmin(best + log(PB_PLATEAU_SHARE), next);
	for (unsigned i = 0; i < f->m; i++) {
		if ((int)i == d || gsl_vector_get(&f->effect, i) < floor)
			continue;
		count++;
		with += gsl_matrix_get(&f->cov, i, (size_t)d);
		for (unsigned k = 0; k < f->m; k++)
			if ((int)k != d && gsl_vector_get(&f->effect, k) >= floor)
				among += gsl_matrix_get(&f->cov, i, k);
	}
	return count ? var + among / (count * count) - 2 * with / count : var;
}

/* Under average conditions the windows' residuals have mean 0. */
static void take(struct pb_search *s, const struct fit *f)
{
	double shift = 0;

	for (unsigned i = 0; i < f->n; i++)
		shift += (s->w[i].log_iops -
			  gsl_vector_get(&f->effect, (size_t)f->column[point_of(s, s->w[i].depth)])) /
			 f->n;
	for (unsigned i = 0; i < s->n; i++) {
		struct pb_search_point *p = &s->p[i];
		double half;

		if (f->column[i] < 0)
			continue;
		half = ERRORS * sqrt(fmax(compared(f, f->column[i]), 0));
		p->iops = exp(gsl_vector_get(&f->effect, (size_t)f->column[i]) + shift);
		p->iops_lo = p->iops * exp(-half);
		p->iops_hi = p->iops * exp(half);
	}
}

static void columns(struct fit *f)
{
	for (unsigned i = 0; i < f->s->n; i++)
		f->column[i] = -1;
	for (unsigned i = 0; i < f->n; i++) {
		int at = point_of(f->s, f->s->w[i].depth);

		if (at >= 0 && f->column[at] < 0)
			f->column[at] = (int)f->m++;
	}
}

int pb_search_fit(struct pb_search *s)
{
	struct fit f = {.s = s, .n = s->n_w};
	double *mem, *x, *cov, *effect;

	columns(&f);
	if (f.m < 2 || f.n <= f.m)
		return 0;
	mem = calloc(f.n * (f.n + f.m + 1) + f.m * (f.m + 1), sizeof(*mem));
	if (!mem)
		return -ENOMEM;
	x = mem + f.n * f.n;
	cov = x + f.n * (f.m + 1);
	effect = cov + f.m * f.m;
	for (unsigned i = 0; i < f.n; i++)
		f.heavy[i] = 1;
	f.v = gsl_matrix_view_array(mem, f.n, f.n).matrix;
	f.x = gsl_matrix_view_array(x, f.n, f.m + 1).matrix;
	f.cov = gsl_matrix_view_array(cov, f.m, f.m).matrix;
	f.effect = gsl_vector_view_array(effect, f.m).vector;
	climb(&f, s->variances);
	take(s, &f);
	free(mem);
	return 0;
}
