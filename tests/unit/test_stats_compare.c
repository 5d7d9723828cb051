/* Unit tests of engine/lib/stats_compare.c: known answers and a brute-force reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "engine/lib/stats.h"

static void near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-6 * (1 + fabs(want))))
		fail_msg("%.9g is not %.9g", got, want);
}

static void smallest_p_by_sample_size(void **state)
{
	/* Two-sided exact minimum: 2 / C(2n, n). */
	static const double want[] = {1, 1.0 / 3, 0.1, 2.0 / 70, 2.0 / 252, 2.0 / 924, 2.0 / 3432};
	const double a[] = {1, 2, 3, 4, 5, 6, 7}, b[] = {11, 12, 13, 14, 15, 16, 17};

	(void)state;
	for (unsigned n = 1; n <= 7; n++)
		near(pb_stats_compare(a, n, b, n).p, want[n - 1]);
	near(pb_stats_compare(b, 6, a, 6).p, 2.0 / 924);
}

/* p by trying every way to choose which na of the n ranks belong to a. */
static double brute_force_p(const double *a, unsigned na, const double *b, unsigned nb)
{
	unsigned n = na + nb, u = 0, low = 0, high = 0, all = 0;

	for (unsigned i = 0; i < na; i++) {
		for (unsigned k = 0; k < nb; k++)
			u += b[k] > a[i];
	}
	for (unsigned set = 0; set < 1u << n; set++) {
		unsigned seen = 0, v = 0;

		if ((unsigned)__builtin_popcount(set) != na)
			continue;
		for (unsigned i = 0; i < n; i++) {
			if (set >> i & 1)
				seen++;
			else
				v += seen;
		}
		all++;
		low += v <= u;
		high += v >= u;
	}
	return fmin(1, 2.0 * (low < high ? low : high) / all);
}

static void exact_p_is_the_permutation_p(void **state)
{
	uint64_t seed = 12345;

	(void)state;
	for (int round = 0; round < 60; round++) {
		unsigned na = 2 + (unsigned)round % 5, nb = 2 + (unsigned)(round / 5) % 6;
		double a[8], b[8];

		for (unsigned i = 0; i < 8; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			a[i] = 1 + (double)(seed >> 33);
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			b[i] = 1 + (double)(seed >> 33) * 1.2;
		}
		near(pb_stats_compare(a, na, b, nb).p, brute_force_p(a, na, b, nb));
	}
}

/* Hollander, Wolfe, Chicken, example 4.1: permeability of the chorioamnion, at term and at 12 to 26 weeks. */
static void textbook_example(void **state)
{
	const double term[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
	const double early[] = {1.15, 0.88, 0.90, 0.74, 1.21};

	(void)state;
	/* U = 35 of 50: one-sided 382 of 3003 arrangements, 0.1272. */
	near(pb_stats_compare(early, 5, term, 10).p, 2 * 382.0 / 3003);
}

static void known_shift(void **state)
{
	const double a[] = {100, 101, 102, 103, 104, 105}, b[] = {200, 202, 204, 206, 208, 210};
	struct pb_compare c = pb_stats_compare(a, 6, b, 6);

	(void)state;
	near(c.ratio.est, 2);
	/* 6 and 6: the 6th smallest and largest of 36 ratios (critical U = 5). */
	assert_true(c.ratio.lo < 2 && c.ratio.lo > 1.9);
	assert_true(c.ratio.hi > 2 && c.ratio.hi < 2.1);
	near(c.ratio.lo * c.ratio.hi, 4);
}

static void same_sample_is_no_shift(void **state)
{
	const double a[] = {100, 101, 102, 103, 104, 105};
	struct pb_compare c = pb_stats_compare(a, 6, a, 6);

	(void)state;
	near(c.ratio.est, 1);
	assert_true(c.ratio.lo < 1 && c.ratio.hi > 1);
	near(c.p, 1);
}

static void too_small_for_an_interval(void **state)
{
	const double a[] = {1, 2, 3}, b[] = {4, 5, 6};
	struct pb_compare c = pb_stats_compare(a, 3, b, 3);

	(void)state;
	near(c.ratio.est, 2.5); /* the median of 9 ratios: 4 5 6 2 2.5 3 4/3 5/3 2 */
	assert_true(isnan(c.ratio.lo) && isnan(c.ratio.hi));
	near(c.p, 0.1);
}

static void large_samples_use_the_normal(void **state)
{
	double a[30], b[30];
	struct pb_compare c;

	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		a[i] = 100 + i;
		b[i] = 100.5 + i;
	}
	c = pb_stats_compare(a, 30, b, 30);
	/* U = 465, mean 450, sd = sqrt(30*30*61/12) = 67.639; z = 14.5 / 67.639. */
	near(c.p, 0.83025528);
	for (unsigned i = 0; i < 30; i++)
		b[i] = a[i] * 3;
	c = pb_stats_compare(a, 30, b, 30);
	near(c.ratio.est, 3);
	assert_true(c.p < 1e-9);
	assert_true(c.ratio.lo > 2.7 && c.ratio.hi < 3.3);
}

/* Half of the pairs tie and arms differ in size: 1 1 2 against 2 3, all ten ways to choose b's two values. */
static void ties_of_unequal_arms_are_exact(void **state)
{
	const double a[] = {1, 1, 2}, b[] = {2, 3};

	(void)state;
	/* Doubled midranks 3 3 7 7 10; b has 17, and only the two ways with a 7 and the 10 reach that. */
	near(pb_stats_compare(a, 3, b, 2).p, 2.0 * 2 / 10);
}

static void levels_that_a_test_can_reach(void **state)
{
	(void)state;
	near(pb_stats_compare_level(5, 5, 0.02), 4.0 / 252); /* U = 0 or 1, both sides */
	near(pb_stats_compare_level(5, 5, 0.01), 2.0 / 252);
	assert_true(isnan(pb_stats_compare_level(4, 4, 0.02)));
	assert_true(isnan(pb_stats_compare_level(0, 4, 0.02)));
	near(pb_stats_compare_level(25, 25, 0.02), 0.02);
}

static void ties_widen(void **state)
{
	const double a[] = {1, 1, 1, 2}, b[] = {1, 2, 2, 2}, same[] = {5, 5, 5, 5};

	(void)state;
	/* Of the 70 ways to deal four 1 and four 2, 17 give b three or four of the 2. */
	near(pb_stats_compare(a, 4, b, 4).p, 34.0 / 70);
	near(pb_stats_compare(b, 4, a, 4).p, 34.0 / 70);
	near(pb_stats_compare(same, 4, same, 4).p, 1);
	near(pb_stats_compare(same, 4, same, 4).ratio.est, 1);
}

static void impossible_values(void **state)
{
	const double a[] = {1, 2, 0}, b[] = {1, NAN, 3}, good[] = {1, 2, 3};

	(void)state;
	assert_true(isnan(pb_stats_compare(a, 3, good, 3).ratio.est));
	assert_true(isnan(pb_stats_compare(good, 3, b, 3).ratio.est));
	assert_true(isnan(pb_stats_compare(good, 0, good, 3).ratio.est));
	near(pb_stats_compare(a, 3, good, 3).p, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smallest_p_by_sample_size),
		cmocka_unit_test(exact_p_is_the_permutation_p),
		cmocka_unit_test(textbook_example),
		cmocka_unit_test(known_shift),
		cmocka_unit_test(same_sample_is_no_shift),
		cmocka_unit_test(too_small_for_an_interval),
		cmocka_unit_test(large_samples_use_the_normal),
		cmocka_unit_test(ties_widen),
		cmocka_unit_test(ties_of_unequal_arms_are_exact),
		cmocka_unit_test(levels_that_a_test_can_reach),
		cmocka_unit_test(impossible_values),
	};

	return cmocka_run_group_tests_name("stats_compare", tests, NULL, NULL);
}
