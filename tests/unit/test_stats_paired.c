/*
 * Paired comparison against tables and brute force.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdbool.h>

#include "engine/lib/stats.h"

static void near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-9 * (1 + fabs(want))))
		fail_msg("got %.12g, expected %.12g", got, want);
}

/* All signs alike is one of 2^n arrangements to each side. */
static void test_smallest_p(void **state)
{
	const double a[] = {1, 1, 1, 1, 1, 1, 1, 1}, b[] = {1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8};

	(void)state;
	for (unsigned n = 1; n <= 8; n++) {
		near(pb_stats_paired(a, b, n, 0.05).p, fmin(1, 2 / pow(2, n)));
		near(pb_stats_paired(b, a, n, 0.05).p, fmin(1, 2 / pow(2, n)));
	}
}

/* 6 pairs are the fewest with a 95% interval: from the smallest to the largest ratio. */
static void test_interval_of_six_pairs(void **state)
{
	const double a[] = {100, 200, 50, 400, 80, 1000}, r[] = {1.29, 1.467, 1.3, 1.268, 1.452, 1.089};
	double b[6];
	struct pb_compare c;

	(void)state;
	for (int i = 0; i < 6; i++)
		b[i] = a[i] * r[i];
	c = pb_stats_paired(a, b, 6, 0.05);
	near(c.ratio.lo, 1.089);
	near(c.ratio.hi, 1.467);
	near(c.p, 2.0 / 64);
	assert_true(c.ratio.est > 1.27 && c.ratio.est < 1.33);
	c = pb_stats_paired(a, b, 5, 0.05);
	assert_true(isnan(c.ratio.lo) && isnan(c.ratio.hi));
	assert_false(isnan(c.ratio.est));
}

/* Critical values of the table for the signed-rank test, two-sided 5%: 8 for n = 10, 52 for n = 20. */
static double p_of_rank_sum(unsigned n, unsigned w)
{
	double a[20], b[20];

	for (unsigned i = n; i > 0; i--) {
		bool negative = i <= w;

		w -= negative ? i : 0;
		a[i - 1] = 1;
		/* far apart, so that the order of Walsh averages is that of the ranks */
		b[i - 1] = exp((negative ? -1.0 : 1.0) * i);
	}
	assert_int_equal(w, 0);
	return pb_stats_paired(a, b, n, 0.05).p;
}

static void test_critical_values(void **state)
{
	(void)state;
	assert_true(p_of_rank_sum(10, 8) <= 0.05);
	assert_true(p_of_rank_sum(10, 9) > 0.05);
	assert_true(p_of_rank_sum(20, 52) <= 0.05);
	assert_true(p_of_rank_sum(20, 53) > 0.05);
}

/* A machine that slows down to a third between pairs hides nothing, and makes nothing. */
static void test_drift_cancels(void **state)
{
	double a[8], b[8];

	(void)state;
	for (int i = 0; i < 8; i++) {
		a[i] = 12000 / (1 + 0.3 * i);
		b[i] = a[i] * (1.10 + 0.005 * (i % 3));
	}
	assert_true(pb_stats_paired(a, b, 8, 0.05).ratio.lo > 1.09);
	assert_true(pb_stats_compare(a, 8, b, 8).ratio.lo < 1);
	for (int i = 0; i < 8; i++)
		b[i] = a[i] * (i % 2 ? 1.1 : 1 / 1.1);
	assert_true(pb_stats_paired(a, b, 8, 0.05).ratio.lo < 1);
	assert_true(pb_stats_paired(a, b, 8, 0.05).ratio.hi > 1);
}

/* Beyond the exact distribution both ways agree closely. */
static void test_many_pairs(void **state)
{
	double a[60], b[60];
	struct pb_compare exact, normal;

	(void)state;
	for (int i = 0; i < 60; i++) {
		a[i] = 100;
		b[i] = 100 * (1.02 + 0.001 * ((i * 37) % 60 - 30));
	}
	exact = pb_stats_paired(a, b, 40, 0.05);
	normal = pb_stats_paired(a, b, 60, 0.05);
	assert_true(exact.ratio.lo > 1 && normal.ratio.lo > 1);
	assert_true(fabs(normal.ratio.est - 1.02) < 0.003);
	assert_true(normal.p < 1e-3);
}

static void test_what_cannot_be_compared(void **state)
{
	const double a[] = {1, 2, 3, 4, 5, 6}, zero[] = {1, 2, 0, 4, 5, 6}, none[] = {1, 2, NAN, 4, 5, 6};

	(void)state;
	assert_true(isnan(pb_stats_paired(a, zero, 6, 0.05).ratio.est));
	assert_true(isnan(pb_stats_paired(none, a, 6, 0.05).ratio.est));
	assert_true(isnan(pb_stats_paired(a, a, 0, 0.05).ratio.est));
	near(pb_stats_paired(a, zero, 6, 0.05).p, 1);
	near(pb_stats_paired(a, a, 6, 0.05).ratio.est, 1);
	near(pb_stats_paired(a, a, 6, 0.05).p, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smallest_p),      cmocka_unit_test(test_interval_of_six_pairs),
		cmocka_unit_test(test_critical_values), cmocka_unit_test(test_drift_cancels),
		cmocka_unit_test(test_many_pairs),      cmocka_unit_test(test_what_cannot_be_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
