/* Batch means on correlated noise, the end of a transient, and SNIA's steady state on known series. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "engine/lib/stats_batch.h"

#define SERIES 1000

/* AR(1) around 100 with standard deviation 10. */
static void ar1(gsl_rng *rng, double phi, double *x, unsigned n)
{
	double v = gsl_ran_gaussian(rng, 10);

	for (unsigned i = 0; i < n; i++) {
		x[i] = 100 + v;
		v = phi * v + gsl_ran_gaussian(rng, 10 * sqrt(1 - phi * phi));
	}
}

/* Share of SERIES intervals that hold the true mean. */
static double coverage(double phi, unsigned n)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	double x[800];
	unsigned held = 0;

	gsl_rng_set(rng, 7);
	for (unsigned i = 0; i < SERIES; i++) {
		struct pb_batches b;

		ar1(rng, phi, x, n);
		b = pb_stats_batch_means(x, n);
		held += b.mean.lo <= 100 && 100 <= b.mean.hi;
	}
	gsl_rng_free(rng);
	print_message("AR(1) %.1f, %u values: %.1f%% of the 95%% intervals hold the mean\n", phi, n,
		      100.0 * held / SERIES);
	return (double)held / SERIES;
}

static void intervals_of_correlated_noise_cover_the_mean(void **state)
{
	(void)state;
	assert_true(coverage(0, 40) >= 0.93);
	assert_true(coverage(0, 400) >= 0.93);
	assert_true(coverage(0.3, 400) >= 0.92);
	assert_true(coverage(0.6, 400) >= 0.91);
	assert_true(coverage(0.8, 800) >= 0.90);
}

static void correlated_series_are_joined_into_longer_batches(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct pb_batches b;
	double x[800];

	(void)state;
	ar1(rng, 0.9, x, 800);
	b = pb_stats_batch_means(x, 800);
	assert_true(b.k >= PB_BATCHES_MIN);
	assert_true(b.k <= 100);
	ar1(rng, 0, x, 800);
	assert_int_equal(pb_stats_batch_means(x, 800).k, 800);
	gsl_rng_free(rng);
}

static void few_values_have_no_interval(void **state)
{
	double x[] = {1, 2, 3};

	(void)state;
	assert_true(isnan(pb_stats_batch_means(x, 0).mean.est));
	assert_true(isnan(pb_stats_batch_means(x, 2).mean.lo));
	assert_true(fabs(pb_stats_batch_means(x, 2).mean.est - 1.5) < 1e-12);
	assert_false(isnan(pb_stats_batch_means(x, 3).mean.lo));
}

static void mser_cuts_the_transient(void **state)
{
	double step[40], ramp[40];

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		step[i] = (i < 7 ? 40 : 100) + (i % 2 ? 1 : -1);
		ramp[i] = i;
	}
	assert_int_equal(pb_stats_mser(step, 40), 7);
	assert_int_equal(pb_stats_mser(ramp, 40), 20); /* still rising: the latest cut there is */
	assert_int_equal(pb_stats_mser(&step[8], 32), 0);
	assert_int_equal(pb_stats_mser(step, 3), 3);
}

static void flat_rounds_are_steady_from_the_fifth_on(void **state)
{
	double r[] = {100, 100, 100, 100, 100};

	(void)state;
	assert_false(pb_stats_steady(r, 4).steady);
	assert_true(isnan(pb_stats_steady(r, 4).range));
	assert_true(pb_stats_steady(r, 5).steady);
}

/* Range exactly 20% with a flat line is steady, a little more is not. */
static void range_has_its_boundary_at_20_percent(void **state)
{
	double at[] = {90, 110, 100, 110, 90}, over[] = {89.9, 110.1, 100, 110.1, 89.9};

	(void)state;
	assert_true(fabs(pb_stats_steady(at, 5).range - 0.20) < 1e-12);
	assert_true(pb_stats_steady(at, 5).excursion < 1e-12);
	assert_true(pb_stats_steady(at, 5).steady);
	assert_false(pb_stats_steady(over, 5).steady);
}

/* A line that rises by exactly 10% of the mean across the window is steady, a little more is not. */
static void slope_has_its_boundary_at_10_percent(void **state)
{
	double at[] = {95, 97.5, 100, 102.5, 105}, over[] = {94.9, 97.45, 100, 102.55, 105.1};

	(void)state;
	assert_true(fabs(pb_stats_steady(at, 5).excursion - 0.10) < 1e-9);
	assert_true(pb_stats_steady(at, 5).steady);
	assert_true(pb_stats_steady(over, 5).range < 0.20);
	assert_false(pb_stats_steady(over, 5).steady);
}

/* A disk that falls from its fresh speed: steady only when the fall has left the window. */
static void falling_disk_gets_steady_when_the_fall_is_out_of_the_window(void **state)
{
	double r[] = {400, 300, 220, 160, 120, 104, 101, 100, 99, 100, 100};

	(void)state;
	for (unsigned n = 1; n <= 8; n++)
		assert_false(pb_stats_steady(r, n).steady);
	assert_true(pb_stats_steady(r, 10).steady);
}

static void rounds_without_a_rate_are_never_steady(void **state)
{
	double zero[] = {0, 0, 0, 0, 0}, gap[] = {100, 100, NAN, 100, 100};

	(void)state;
	assert_false(pb_stats_steady(zero, 5).steady);
	assert_false(pb_stats_steady(gap, 5).steady);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_of_correlated_noise_cover_the_mean),
		cmocka_unit_test(correlated_series_are_joined_into_longer_batches),
		cmocka_unit_test(few_values_have_no_interval),
		cmocka_unit_test(mser_cuts_the_transient),
		cmocka_unit_test(flat_rounds_are_steady_from_the_fifth_on),
		cmocka_unit_test(range_has_its_boundary_at_20_percent),
		cmocka_unit_test(slope_has_its_boundary_at_10_percent),
		cmocka_unit_test(falling_disk_gets_steady_when_the_fall_is_out_of_the_window),
		cmocka_unit_test(rounds_without_a_rate_are_never_steady),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
