/*
 * The bootstrap interval of the median ratio: known estimates, the same answer every time, and small samples.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "engine/compare/bootstrap.h"

static void the_estimate_is_hodges_lehmanns(void **state)
{
	const double a[] = {1, 2, 3}, b[] = {4, 5, 6};

	(void)state;
	/* The median of nine ratios: 4 5 6 2 2.5 3 4/3 5/3 2. */
	assert_float_equal(pb_bootstrap_ratio(a, 3, b, 3).est, 2.5, 1e-12);
	assert_float_equal(pb_bootstrap_ratio(b, 3, a, 3).est, 0.4, 1e-12);
}

static void the_interval_encloses_and_repeats(void **state)
{
	const double a[] = {100, 101, 102, 103, 104, 105}, b[] = {200, 202, 204, 206, 208, 210};
	struct pb_ci one = pb_bootstrap_ratio(a, 6, b, 6), two = pb_bootstrap_ratio(a, 6, b, 6);

	(void)state;
	assert_float_equal(one.est, 2, 1e-9);
	assert_true(one.lo > 1.93 && one.lo < 1.99);
	assert_true(one.hi > 2.01 && one.hi < 2.07);
	assert_memory_equal(&one, &two, sizeof(one));
}

/* Percentiles alone would be too narrow here: 95% for the mean of these is 100 +- 2.4 by Student's t. */
static void small_samples_are_wider(void **state)
{
	const double a[] = {97, 99, 100, 101, 103}, b[] = {97.1, 99.1, 100.1, 101.1, 103.1};
	struct pb_ci ci = pb_bootstrap_ratio(a, 5, b, 5);

	(void)state;
	assert_true(ci.lo < 0.975 && ci.hi > 1.026);
}

static void equal_values_have_no_width(void **state)
{
	const double a[] = {7, 7, 7, 7, 7}, b[] = {14, 14, 14, 14, 14};
	struct pb_ci ci = pb_bootstrap_ratio(a, 5, b, 5);

	(void)state;
	assert_float_equal(ci.est, 2, 1e-12);
	assert_float_equal(ci.lo, 2, 1e-12);
	assert_float_equal(ci.hi, 2, 1e-12);
}

static void too_few_values_have_no_interval(void **state)
{
	const double a[] = {10}, b[] = {12, 13};

	(void)state;
	assert_float_equal(pb_bootstrap_ratio(a, 1, b, 1).est, 1.2, 1e-12);
	assert_true(isnan(pb_bootstrap_ratio(a, 1, b, 2).lo));
	assert_true(isnan(pb_bootstrap_ratio(a, 0, b, 2).est));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_estimate_is_hodges_lehmanns),
		cmocka_unit_test(the_interval_encloses_and_repeats),
		cmocka_unit_test(small_samples_are_wider),
		cmocka_unit_test(equal_values_have_no_width),
		cmocka_unit_test(too_few_values_have_no_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
