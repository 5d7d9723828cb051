/*
 * How many runs it takes, and the smallest visible change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "engine/compare/power.h"

static void least_p_is_one_arrangement_of_all(void **state)
{
	(void)state;
	assert_float_equal(pb_power_least_p(3, 3), 0.1, 1e-12);
	assert_float_equal(pb_power_least_p(4, 4), 2.0 / 70, 1e-12);
	assert_float_equal(pb_power_least_p(5, 10), 2.0 / 3003, 1e-12);
	assert_float_equal(pb_power_least_p(1, 1), 1, 1e-12);
	assert_float_equal(pb_power_least_p(0, 9), 1, 1e-12);
}

static void runs_that_are_needed(void **state)
{
	(void)state;
	assert_int_equal(pb_power_runs(0.05), 4);
	assert_int_equal(pb_power_runs(0.02), 5);
	assert_int_equal(pb_power_runs(0.001), 7);
	assert_int_equal(pb_power_runs(2.0 / 252), 5);
}

/* sd of both arms 0.02 on logs, n 10 and 10: (2.878 + 0.862) 0.02 sqrt(2/10) sqrt(pi/3) = 3.42%, for level
 * 1%. */
static void known_detectable_change(void **state)
{
	double a[10], b[10];

	(void)state;
	for (int i = 0; i < 10; i++) {
		a[i] = 100 * exp((i % 2 ? 1 : -1) * 0.02 * sqrt(0.9));
		b[i] = 3 * a[i];
	}
	assert_float_equal(log(pb_power_detectable(a, 10, b, 10, 0.01)), 0.034236, 1e-4);
	assert_true(isnan(pb_power_detectable(a, 1, b, 10, 0.01)));
	assert_true(isnan(pb_power_detectable(a, 10, b, 10, NAN)));
}

static void no_noise_hides_nothing(void **state)
{
	const double a[] = {5, 5, 5}, b[] = {6, 6, 6};

	(void)state;
	assert_float_equal(pb_power_detectable(a, 3, b, 3, 0.01), 1, 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(least_p_is_one_arrangement_of_all),
		cmocka_unit_test(runs_that_are_needed),
		cmocka_unit_test(known_detectable_change),
		cmocka_unit_test(no_noise_hides_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
