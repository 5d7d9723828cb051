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

/*
 * Student's t would need (2.878 + 0.862) sqrt(2/10) = 1.672 sd for 10 and 10 at 1%; the rank test somewhat
 * more, and clearly more where its level is one of its last steps.
 */
static void shifts_of_the_rank_test(void **state)
{
	double ten = pb_power_shift(10, 10, 0.01), five = pb_power_shift(5, 5, 2.0 / 252);

	(void)state;
	assert_true(ten > 1.672 && ten < 1.672 * 1.15);
	/* All of b above all of a in 80% of draws: between the t value of this level and twice that. */
	assert_true(five > (3.5 + 0.889) * sqrt(0.4) && five < 2 * (3.5 + 0.889) * sqrt(0.4));
	assert_true(pb_power_shift(20, 20, 0.01) < ten);
	assert_float_equal(pb_power_shift(30, 30, 0.01), (2.6633 + 0.8479) * sqrt(2.0 / 30 * 1.0471976),
			   1e-3);
	assert_float_equal(pb_power_shift(10, 10, 0.01), ten, 0);
	assert_true(isnan(pb_power_shift(1, 10, 0.01)));
	assert_true(isnan(pb_power_shift(4, 4, 0.01)));
	assert_true(isnan(pb_power_shift(10, 10, NAN)));
}

static void noise_is_that_within_arms(void **state)
{
	const double a[] = {5, 5, 5}, b[] = {6, 6, 6}, c[] = {exp(1), exp(3)}, d[] = {exp(7), exp(9)};

	(void)state;
	assert_float_equal(pb_power_noise(a, 3, b, 3), 0, 1e-12);
	assert_float_equal(pb_power_noise(c, 2, d, 2), sqrt(2), 1e-12);
	assert_true(isnan(pb_power_noise(a, 1, b, 3)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(least_p_is_one_arrangement_of_all),
		cmocka_unit_test(runs_that_are_needed),
		cmocka_unit_test(shifts_of_the_rank_test),
		cmocka_unit_test(noise_is_that_within_arms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
