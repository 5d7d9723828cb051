/*
 * Unit tests of engine/lib/usl.c on curves whose parameters are known.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/lib/usl.h"

#define N 9

static double law(double l, double s, double k, double n)
{
	return l * n / (1 + s * (n - 1) + k * n * (n - 1));
}

/* A fixed disturbance of at most 1.5%. */
static double noise(unsigned i)
{
	static const double v[] = {.01, -.012, .006, .015, -.008, .003, -.014, .011, -.005};

	return 1 + v[i % 9];
}

static void make(struct pb_usl_point *p, double l, double s, double k, int noisy)
{
	for (unsigned i = 0; i < N; i++) {
		p[i].n = 1 << i;
		p[i].x = law(l, s, k, p[i].n) * (noisy ? noise(i) : 1);
		p[i].se = .01 * p[i].x;
	}
}

static void parameters_of_an_exact_curve(void **state)
{
	struct pb_usl_point p[N];
	struct pb_usl u;

	(void)state;
	make(p, 2000, .03, .0002, 0);
	assert_int_equal(pb_usl_fit(&u, PB_USL_LAW, p, N), 0);
	assert_true(fabs(u.lambda.est / 2000 - 1) < 1e-6);
	assert_true(fabs(u.sigma.est / .03 - 1) < 1e-6);
	assert_true(fabs(u.kappa.est / .0002 - 1) < 1e-6);
	assert_true(fabs(u.peak_n - sqrt(.97 / .0002)) < .01);
	assert_true(fabs(pb_usl_predict(&u, 12).est / law(2000, .03, .0002, 12) - 1) < 1e-6);
}

static void noise_stays_inside_the_intervals(void **state)
{
	struct pb_usl_point p[N];
	struct pb_ci out[N];
	unsigned inside;
	struct pb_usl u;
	double error;

	(void)state;
	make(p, 2000, .03, .0002, 1);
	assert_int_equal(pb_usl_fit(&u, PB_USL_LAW, p, N), 0);
	assert_true(u.lambda.lo < 2000 && 2000 < u.lambda.hi);
	assert_true(u.sigma.lo < .03 && .03 < u.sigma.hi);
	assert_true(u.kappa.lo < .0002 && .0002 < u.kappa.hi);
	assert_int_equal(pb_usl_leave_one_out(PB_USL_LAW, p, N, out, &error, &inside), 0);
	assert_true(error > .001 && error < .03);
	assert_true(inside >= 6); /* of 7 */
	assert_true(isnan(out[0].est) && isnan(out[N - 1].est));
}

static void no_peak_without_a_falling_end(void **state)
{
	struct pb_usl_point p[N];
	struct pb_usl u;

	(void)state;
	make(p, 2000, .05, 0, 1);
	assert_int_equal(pb_usl_fit(&u, PB_USL_LAW, p, N), 0);
	assert_true(u.kappa.est >= 0 && u.sigma.est >= 0);
	assert_true(isnan(u.peak_n));
}

/* More than linear at first: no coefficient may become negative. */
static void coefficients_are_never_negative(void **state)
{
	struct pb_usl_point p[N];
	struct pb_usl u;

	(void)state;
	for (unsigned i = 0; i < N; i++)
		p[i] = (struct pb_usl_point){1 << i, 1000 * pow(1 << i, 1.1), NAN};
	assert_int_equal(pb_usl_fit(&u, PB_USL_LAW, p, N), 0);
	assert_true(u.b[0] > 0 && u.b[1] >= 0 && u.b[2] >= 0);
}

/* A disk with a hard limit has an edge that the law rounds off. */
static void an_edge_is_the_asymptotes_case(void **state)
{
	double law_error, edge_error;
	struct pb_usl_point p[N];
	struct pb_ci out[N];
	unsigned inside;
	struct pb_usl u;

	(void)state;
	for (unsigned i = 0; i < N; i++)
		p[i] = (struct pb_usl_point){1 << i, fmin((1 << i) * 200.0, 1800) * noise(i), NAN};
	assert_int_equal(pb_usl_fit(&u, PB_USL_ASYMPTOTES, p, N), 0);
	assert_true(fabs(u.r1 - 1 / 200.0) < 1e-4);
	assert_true(fabs(u.x_max - 1800) < 30);
	assert_int_equal(pb_usl_leave_one_out(PB_USL_ASYMPTOTES, p, N, out, &edge_error, &inside), 0);
	assert_int_equal(pb_usl_leave_one_out(PB_USL_LAW, p, N, out, &law_error, &inside), 0);
	assert_true(edge_error < law_error);
}

static void nothing_is_said_beyond_the_range(void **state)
{
	struct pb_usl_point p[N];
	struct pb_usl u;

	(void)state;
	make(p, 2000, .03, .0002, 0);
	assert_int_equal(pb_usl_fit(&u, PB_USL_LAW, p, N), 0);
	assert_true(isnan(pb_usl_predict(&u, 257).est) && isnan(pb_usl_predict(&u, .5).est));
	assert_false(isnan(pb_usl_predict(&u, 256).est));
	assert_int_equal(pb_usl_fit(&u, PB_USL_LAW, p, 4), -EINVAL);
	p[2].n = p[1].n;
	assert_int_equal(pb_usl_fit(&u, PB_USL_LAW, p, N), -EINVAL);
	p[2].n = 4;
	p[2].x = 0;
	assert_int_equal(pb_usl_fit(&u, PB_USL_LAW, p, N), -EINVAL);
}

/* Amdahl's law: two points give a curve without interval, a third one an interval. */
static void few_points_are_enough_for_two_parameters(void **state)
{
	struct pb_usl_point p[4];
	struct pb_ci out[4];
	unsigned inside;
	struct pb_usl u;
	double error;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		p[i] = (struct pb_usl_point){1 << i, law(3000, .1, 0, 1 << i), NAN};
	assert_int_equal(pb_usl_fit(&u, PB_USL_AMDAHL, p, 1), -EINVAL);
	assert_int_equal(pb_usl_fit(&u, PB_USL_AMDAHL, p, 2), 0);
	assert_true(fabs(u.sigma.est / .1 - 1) < 1e-6);
	assert_true(isnan(pb_usl_predict(&u, 2).lo) && isnan(u.sigma.lo));
	assert_int_equal(pb_usl_leave_one_out(PB_USL_AMDAHL, p, 2, out, &error, &inside), -EINVAL);
	assert_int_equal(pb_usl_leave_one_out(PB_USL_AMDAHL, p, 3, out, &error, &inside), 0);
	assert_true(error < 1e-6 && isnan(out[1].lo));
	assert_int_equal(pb_usl_fit(&u, PB_USL_AMDAHL, p, 3), 0);
	assert_false(isnan(pb_usl_predict(&u, 3).lo));
	assert_int_equal(pb_usl_fit(&u, PB_USL_ASYMPTOTES, p, 2), 0);
	assert_true(isnan(pb_usl_predict(&u, 2).lo));
}

static void beyond_the_range_only_when_asked(void **state)
{
	struct pb_usl_point p[N];
	struct pb_usl u;

	(void)state;
	make(p, 2000, .03, .0002, 0);
	assert_int_equal(pb_usl_fit(&u, PB_USL_LAW, p, N), 0);
	assert_true(isnan(pb_usl_predict(&u, 512).est));
	assert_true(fabs(pb_usl_extrapolate(&u, 512).est / law(2000, .03, .0002, 512) - 1) < 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_of_an_exact_curve),
		cmocka_unit_test(noise_stays_inside_the_intervals),
		cmocka_unit_test(no_peak_without_a_falling_end),
		cmocka_unit_test(coefficients_are_never_negative),
		cmocka_unit_test(an_edge_is_the_asymptotes_case),
		cmocka_unit_test(nothing_is_said_beyond_the_range),
		cmocka_unit_test(few_points_are_enough_for_two_parameters),
		cmocka_unit_test(beyond_the_range_only_when_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
