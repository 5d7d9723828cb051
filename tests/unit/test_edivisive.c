/*
 * engine/history/edivisive: steps are found where they are, noise and outliers are none.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <gsl/gsl_randist.h>

#include <cmocka.h>

#include "engine/history/edivisive.h"

#define MANY 400

static struct pb_edivisive *make(void)
{
	const struct pb_edivisive_options o = PB_EDIVISIVE_DEFAULT;
	struct pb_edivisive *e = pb_edivisive_new(&o);

	assert_non_null(e);
	return e;
}

/* Noise of 1% around 1000 from a seed of its own. */
static void noise(double *x, size_t n, unsigned long seed)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	gsl_rng_set(rng, seed);
	for (size_t i = 0; i < n; i++)
		x[i] = 1000 * (1 + gsl_ran_gaussian(rng, 0.01));
	gsl_rng_free(rng);
}

static size_t count(struct pb_edivisive *e, const double *x, size_t n)
{
	struct pb_break *b;
	size_t found;

	assert_int_equal(pb_edivisive_find(e, x, n, &b, &found), 0);
	assert_true((b != NULL) == (found > 0));
	free(b);
	return found;
}

static void a_step_is_found_in_its_place(void **state)
{
	struct pb_edivisive *e = make();
	struct pb_break *b;
	double x[MANY];
	size_t n;

	(void)state;
	noise(x, 60, 1);
	for (size_t i = 25; i < 60; i++)
		x[i] *= 0.9;
	assert_int_equal(pb_edivisive_find(e, x, 60, &b, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(b[0].at, 25);
	assert_true(b[0].p > 0 && b[0].p <= 0.01);
	free(b);
	pb_edivisive_free(e);
}

/* One split of the whole has the same level on both ends. */
static void down_and_up_again(void **state)
{
	struct pb_edivisive *e = make();
	struct pb_break *b;
	double x[MANY];
	size_t n;

	(void)state;
	noise(x, 200, 2);
	for (size_t i = 90; i < 110; i++)
		x[i] *= 0.9;
	assert_int_equal(pb_edivisive_find(e, x, 200, &b, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(b[0].at, 90);
	assert_int_equal(b[1].at, 110);
	free(b);
	pb_edivisive_free(e);
}

/* A regression is to be seen while it is news. */
static void the_newest_points(void **state)
{
	struct pb_edivisive *e = make();
	double x[MANY];

	(void)state;
	noise(x, 50, 3);
	for (size_t i = 45; i < 50; i++)
		x[i] *= 0.9;
	assert_int_equal(count(e, x, 50), 1);
	x[45] /= 0.9;
	assert_int_equal(count(e, x, 49), 0);
	pb_edivisive_free(e);
}

static void noise_is_no_change(void **state)
{
	struct pb_edivisive *e = make();
	double x[MANY];
	size_t alarms = 0;

	(void)state;
	for (unsigned long seed = 1; seed <= 300; seed++) {
		noise(x, 80, 1000 + seed);
		alarms += count(e, x, 80) > 0;
	}
	/* 3 are expected; above 9 is one in ten thousand. The seeds are fixed: it is so, or it is not. */
	assert_in_range(alarms, 0, 9);
	pb_edivisive_free(e);
}

static void outliers_are_no_change(void **state)
{
	struct pb_edivisive *e = make();
	double x[MANY];

	(void)state;
	noise(x, 100, 4);
	x[50] = 1;
	x[51] = 1e12;
	x[99] = 3;
	assert_int_equal(count(e, x, 100), 0);
	pb_edivisive_free(e);
}

static void equal_values(void **state)
{
	struct pb_edivisive *e = make();
	double x[MANY];

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		x[i] = 7;
	for (size_t n = 0; n <= 60; n++)
		assert_int_equal(count(e, x, n), 0);
	for (size_t i = 30; i < 60; i++)
		x[i] = 8;
	assert_int_equal(count(e, x, 60), 1);
	pb_edivisive_free(e);
}

/* What was looked at before must not change an answer. */
static void same_series_same_answer(void **state)
{
	struct pb_edivisive *used = make();
	double x[MANY], other[MANY];

	(void)state;
	noise(other, MANY, 5);
	for (unsigned long seed = 1; seed <= 20; seed++) {
		struct pb_edivisive *fresh = make();
		struct pb_break *a, *b;
		size_t na, nb;

		noise(x, 90, seed);
		for (size_t i = 40; i < 90; i++)
			x[i] *= 0.985;
		count(used, other, 20 + seed * 19);
		assert_int_equal(pb_edivisive_find(used, x, 90, &a, &na), 0);
		assert_int_equal(pb_edivisive_find(fresh, x, 90, &b, &nb), 0);
		assert_int_equal(na, nb);
		for (size_t i = 0; i < na; i++) {
			assert_int_equal(a[i].at, b[i].at);
			assert_true(fabs(a[i].p - b[i].p) < 1e-15);
		}
		free(a);
		free(b);
		pb_edivisive_free(fresh);
	}
	pb_edivisive_free(used);
}

/* Only the order of values counts, so a scale or a sign changes nothing. */
static void scale_does_not_matter(void **state)
{
	struct pb_edivisive *e = make();
	struct pb_break *a, *b;
	double x[MANY];
	size_t na, nb;

	(void)state;
	noise(x, 120, 6);
	for (size_t i = 70; i < 120; i++)
		x[i] *= 1.05;
	assert_int_equal(pb_edivisive_find(e, x, 120, &a, &na), 0);
	for (size_t i = 0; i < 120; i++)
		x[i] = log(x[i]) * 1e-12;
	assert_int_equal(pb_edivisive_find(e, x, 120, &b, &nb), 0);
	assert_int_equal(na, 1);
	assert_int_equal(nb, 1);
	assert_int_equal(a[0].at, b[0].at);
	free(a);
	free(b);
	pb_edivisive_free(e);
}

static void bounds(void **state)
{
	struct pb_edivisive_options o = PB_EDIVISIVE_DEFAULT;
	struct pb_edivisive *e = make();
	double x[MANY] = {0};
	struct pb_break *b;
	size_t n;

	(void)state;
	assert_int_equal(count(e, x, 0), 0);
	for (size_t i = 0; i < 12; i++)
		x[i] = i < 6 ? 10 + (double)i : 100 + (double)i;
	assert_int_equal(count(e, x, 9), 0);
	assert_int_equal(count(e, x, 12), 1);
	assert_int_equal(pb_edivisive_find(e, x, PB_EDIVISIVE_POINTS_MAX + 1, &b, &n), -E2BIG);
	assert_null(b);
	pb_edivisive_free(e);
	pb_edivisive_free(NULL);
	o.min_segment = 1;
	assert_null(pb_edivisive_new(&o));
	o.min_segment = 2;
	o.alpha = 0;
	assert_null(pb_edivisive_new(&o));
	o.alpha = 0.01;
	o.permutations = 0;
	assert_null(pb_edivisive_new(&o));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_is_found_in_its_place),
		cmocka_unit_test(down_and_up_again),
		cmocka_unit_test(the_newest_points),
		cmocka_unit_test(noise_is_no_change),
		cmocka_unit_test(outliers_are_no_change),
		cmocka_unit_test(equal_values),
		cmocka_unit_test(same_series_same_answer),
		cmocka_unit_test(scale_does_not_matter),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
