/*
 * The false discovery rate: the example of the paper, and what is at its edges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "engine/compare/adjust.h"

/* Benjamini and Hochberg (1995), section 4.1: 15 p values, of which four are below 5%. */
static void the_papers_example(void **state)
{
	const double p[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
			    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
	double q[15];

	(void)state;
	assert_int_equal(pb_adjust_bh(p, 15, q), 0);
	for (int i = 0; i < 15; i++)
		assert_int_equal(q[i] <= 0.05, i < 4);
	assert_float_equal(q[0], 0.0015, 1e-12);
	assert_float_equal(q[3], 0.0095 * 15 / 4, 1e-12);
	/* 0.0298 15/7 is less than 0.0278 15/6: the larger p behind it lowers q. */
	assert_float_equal(q[5], 0.0298 * 15 / 7, 1e-12);
	assert_float_equal(q[14], 1, 1e-12);
}

static void order_does_not_matter(void **state)
{
	const double p[] = {0.5, 0.01, 0.02, 0.01};
	double q[4];

	(void)state;
	assert_int_equal(pb_adjust_bh(p, 4, q), 0);
	assert_float_equal(q[0], 0.5, 1e-12);
	assert_float_equal(q[1], 0.02, 1e-12);
	assert_float_equal(q[3], 0.02, 1e-12);
	assert_float_equal(q[2], 0.02 * 4 / 3, 1e-12);
}

static void what_was_not_tested_does_not_count(void **state)
{
	const double p[] = {NAN, 0.01, NAN, 0.04};
	double q[4];

	(void)state;
	assert_int_equal(pb_adjust_bh(p, 4, q), 0);
	assert_true(isnan(q[0]) && isnan(q[2]));
	assert_float_equal(q[1], 0.02, 1e-12);
	assert_float_equal(q[3], 0.04, 1e-12);
	assert_int_equal(pb_adjust_bh(p, 0, q), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_papers_example),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(what_was_not_tested_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
