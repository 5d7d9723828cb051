/* Unit tests of engine/lib/stats.c: known answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "engine/lib/stats.h"

static void near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-6 * (1 + fabs(want))))
		fail_msg("%.9g is not %.9g", got, want);
}

static void moments(void **state)
{
	const double x[] = {4, 1, 3, 2};

	(void)state;
	near(pb_stats_mean(x, 4), 2.5);
	near(pb_stats_sd(x, 4), 1.2909944487);
	near(pb_stats_median(x, 4), 2.5);
	near(pb_stats_median(x, 3), 3);
	assert_true(x[0] == 4 && x[3] == 2);
	assert_true(isnan(pb_stats_mean(x, 0)));
	assert_true(isnan(pb_stats_sd(x, 1)));
	assert_true(isnan(pb_stats_median(x, 0)));
}

static void lag1(void **state)
{
	const double up[] = {1, 2, 3, 4, 5}, zigzag[] = {10, 12, 10, 12, 10, 12, 10, 12};
	const double flat[] = {0.1, 0.1, 0.1, 0.1, 0.1};

	(void)state;
	near(pb_stats_lag1(up, 5), 0.4);
	near(pb_stats_lag1(zigzag, 8), -0.875);
	assert_true(isnan(pb_stats_lag1(up, 3)));
	assert_true(isnan(pb_stats_lag1(flat, 5)));
}

static void mean_interval(void **state)
{
	const double zigzag[] = {10, 12, 10, 12, 10, 12, 10, 12};
	struct pb_ci ci = pb_stats_mean_ci(zigzag, 8);

	(void)state;
	near(ci.est, 11);
	/* t(7, 0.975) = 2.364624, sd = 1.0690450, negative correlation earns no credit. */
	near(ci.hi - ci.est, 2.3646242510 * 1.0690449676 / sqrt(8));
	near(ci.est - ci.lo, ci.hi - ci.est);
	ci = pb_stats_mean_ci(zigzag, 2);
	near(ci.est, 11);
	assert_true(isnan(ci.lo) && isnan(ci.hi));
	assert_true(isnan(pb_stats_mean_ci(zigzag, 0).est));
}

static void correlated_batches_widen_the_interval(void **state)
{
	const double up[] = {1, 2, 3, 4, 5};
	struct pb_ci ci = pb_stats_mean_ci(up, 5);

	(void)state;
	/* r = 0.4: n_eff = 5 * 0.6 / 1.4; t(4, 0.975) = 2.776445. */
	near(ci.hi - ci.est, 2.7764451052 * 1.5811388301 / sqrt(5 * 0.6 / 1.4));
}

static void constant_series_has_no_width(void **state)
{
	const double flat[] = {0.1, 0.1, 0.1, 0.1, 0.1};
	struct pb_ci ci = pb_stats_mean_ci(flat, 5);

	(void)state;
	near(ci.lo, 0.1);
	near(ci.hi, 0.1);
}

static void median_interval(void **state)
{
	/* Ranks of the textbooks' table: n=6: 1..6, n=10: 2..9, n=20: 6..15. */
	static const unsigned table[][3] = {{6, 1, 6},  {8, 1, 8},   {9, 2, 8},
					    {10, 2, 9}, {20, 6, 15}, {25, 8, 18}};
	double x[25];

	(void)state;
	for (unsigned i = 0; i < 25; i++)
		x[i] = 25 - i;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		unsigned n = table[i][0];
		struct pb_ci ci = pb_stats_median_ci(x + 25 - n, n); /* n, n-1, ..., 1 */

		near(ci.est, (n + 1) / 2.0);
		near(ci.lo, table[i][1]);
		near(ci.hi, table[i][2]);
	}
	assert_true(isnan(pb_stats_median_ci(x, 5).lo));
	near(pb_stats_median_ci(x, 5).est, 23);
}

/* One observation in each of the exact bins 1..n (n < 128). */
static void ladder(uint64_t bins[PB_HIST_BINS], unsigned n)
{
	memset(bins, 0, PB_HIST_BINS * sizeof(*bins));
	for (unsigned i = 1; i <= n; i++)
		bins[i] = 1;
}

static void quantiles_of_a_ladder(void **state)
{
	static uint64_t bins[PB_HIST_BINS];
	struct pb_ci ci;

	(void)state;
	ladder(bins, 100);
	ci = pb_stats_hist_quantile(bins, 0.5);
	near(ci.est, 50);
	/* Binomial(100, 0.5): P(B <= 39) = 0.0176, P(B <= 40) = 0.0284; mirrored above. */
	near(ci.lo, 40);
	near(ci.hi, 61);
	ci = pb_stats_hist_quantile(bins, 0.9);
	near(ci.est, 90);
	assert_true(ci.lo < 90 && ci.hi > 90);
	near(pb_stats_hist_quantile(bins, 0).est, 1);
	near(pb_stats_hist_quantile(bins, 1).est, 100);
}

static void too_few_for_a_bound(void **state)
{
	static uint64_t bins[PB_HIST_BINS];
	struct pb_ci ci;

	(void)state;
	memset(bins, 0, sizeof(bins));
	assert_true(isnan(pb_stats_hist_quantile(bins, 0.5).est));
	bins[100] = 367; /* 0.99^367 = 0.0250098 > 0.025 */
	ci = pb_stats_hist_quantile(bins, 0.99);
	near(ci.est, 100);
	near(ci.lo, 100);
	assert_true(isnan(ci.hi));
	bins[100] = 368;
	near(pb_stats_hist_quantile(bins, 0.99).hi, 100);
	assert_true(isnan(pb_stats_hist_quantile(bins, 1.5).est));
	assert_true(isnan(pb_stats_hist_quantile(bins, NAN).est));
}

static void normal_and_exact_ranks_agree(void **state)
{
	static uint64_t bins[PB_HIST_BINS];
	struct pb_ci small, large;

	(void)state;
	/* A hundred bins of 400 (variance 10000 at the median: exact) and of 401 (normal): the same bounds.
	 */
	for (unsigned i = 1; i <= 100; i++)
		bins[i] = 400;
	small = pb_stats_hist_quantile(bins, 0.5);
	for (unsigned i = 1; i <= 100; i++)
		bins[i] = 401;
	large = pb_stats_hist_quantile(bins, 0.5);
	near(small.est, large.est);
	near(small.lo, large.lo);
	near(small.hi, large.hi);
	near(small.est, 50);
	near(small.hi, 51);
}

static void huge_counts(void **state)
{
	static uint64_t bins[PB_HIST_BINS];
	struct pb_ci ci;

	(void)state;
	bins[50] = 3000000000u;
	bins[60] = 3000000000u;
	ci = pb_stats_hist_quantile(bins, 0.25);
	near(ci.lo, 50);
	near(ci.hi, 50);
	ci = pb_stats_hist_quantile(bins, 0.5);
	near(ci.lo, 50);
	near(ci.hi, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments),
		cmocka_unit_test(lag1),
		cmocka_unit_test(mean_interval),
		cmocka_unit_test(correlated_batches_widen_the_interval),
		cmocka_unit_test(constant_series_has_no_width),
		cmocka_unit_test(median_interval),
		cmocka_unit_test(quantiles_of_a_ladder),
		cmocka_unit_test(too_few_for_a_bound),
		cmocka_unit_test(normal_and_exact_ranks_agree),
		cmocka_unit_test(huge_counts),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
