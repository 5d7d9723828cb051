/* Clock alignment: planted offset and drift come back within the printed bound. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include "engine/run/clock.h"

#define OFFSET_NS 1234567000.0 /* guest = host - 1.234567 s at the start */
#define DRIFT 40e-6

static int64_t guest_at(int64_t host_ns)
{
	return host_ns - (int64_t)OFFSET_NS - (int64_t)llround(DRIFT * (double)host_ns);
}

static void offset_and_drift_are_recovered_within_the_bound(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (unsigned trial = 0; trial < 100; trial++) {
		struct pb_clock k = {0};

		for (int64_t t = 0; t < 60000000000LL; t += 5000000000LL) {
			int64_t there = 5000 + rand_r(&seed) % 200000, back = 5000 + rand_r(&seed) % 200000;

			pb_clock_add(&k, t, guest_at(t + there), t + there + back);
		}
		assert_int_equal(pb_clock_fit(&k), 0);
		assert_true(k.bound_ns > 0 && k.bound_ns < 1e6);
		for (int64_t t = 0; t < 60000000000LL; t += 777000000LL)
			assert_true(fabs((double)(pb_clock_to_host(&k, guest_at(t)) - t)) <= k.bound_ns);
	}
}

static void two_points_give_no_drift(void **state)
{
	struct pb_clock k = {0};

	(void)state;
	pb_clock_add(&k, 0, 100, 20);
	pb_clock_add(&k, 10000000000LL, 10000000100LL, 10000000020LL);
	assert_int_equal(pb_clock_fit(&k), 0);
	assert_true(k.drift == 0);
	assert_int_equal(pb_clock_to_host(&k, 100), 10);
}

static void no_point_is_an_error(void **state)
{
	struct pb_clock k = {0};

	(void)state;
	assert_true(pb_clock_fit(&k) < 0);
}

static void asymmetric_delay_stays_inside_the_bound(void **state)
{
	struct pb_clock k = {0};

	(void)state;
	/* all of the delay on the way back: the worst case of the midpoint rule */
	for (int64_t t = 0; t < 10000000000LL; t += 1000000000LL)
		pb_clock_add(&k, t, t + 1000, t + 100000);
	assert_int_equal(pb_clock_fit(&k), 0);
	assert_true(fabs((double)(pb_clock_to_host(&k, 5000001000LL) - 5000000000LL)) <= k.bound_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offset_and_drift_are_recovered_within_the_bound),
		cmocka_unit_test(two_points_give_no_drift),
		cmocka_unit_test(no_point_is_an_error),
		cmocka_unit_test(asymmetric_delay_stays_inside_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
