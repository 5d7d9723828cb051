/* Keep or undo: never kept on noise, on a harmful change, or when nothing moved. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/run/tune/tune.h"

#define N 8

static double noise(unsigned *seed, double amount)
{
	return 1 + amount * (2.0 * rand_r(seed) / RAND_MAX - 1);
}

static void draw(unsigned *seed, double gain, double p99_gain, double *a, double *b, double *ta, double *tb)
{
	for (unsigned i = 0; i < N; i++) {
		a[i] = 10000 * noise(seed, 0.02);
		b[i] = 10000 * gain * noise(seed, 0.02);
		ta[i] = 1e6 * noise(seed, 0.02);
		tb[i] = 1e6 * p99_gain * noise(seed, 0.02);
	}
}

static struct pb_verdict decide(unsigned seed, double gain, double p99_gain, bool moved)
{
	double a[N], b[N], ta[N], tb[N];
	struct pb_verdict v;

	draw(&seed, gain, p99_gain, a, b, ta, tb);
	pb_tune_decide(a, b, ta, tb, N, moved, &v);
	return v;
}

static void noise_is_not_kept(void **state)
{
	unsigned kept = 0;

	(void)state;
	for (unsigned seed = 1; seed <= 500; seed++)
		kept += decide(seed, 1.0, 1.0, true).keep;
	assert_true(kept <= 5);
}

static void ten_percent_is_kept(void **state)
{
	unsigned kept = 0;

	(void)state;
	for (unsigned seed = 1; seed <= 200; seed++)
		kept += decide(seed, 1.10, 1.0, true).keep;
	assert_true(kept >= 195);
}

static void harm_is_undone(void **state)
{
	struct pb_verdict v = decide(3, 0.9, 1.0, true);

	(void)state;
	assert_false(v.keep);
	assert_string_equal(v.reason, "it made things worse");
}

static void a_gain_without_effect_is_undone(void **state)
{
	struct pb_verdict v = decide(3, 1.2, 1.0, false);

	(void)state;
	assert_false(v.keep);
	assert_non_null(strstr(v.reason, "counters did not follow"));
}

static void a_real_gain_below_the_minimum_is_undone(void **state)
{
	double a[N], b[N], t[N];
	struct pb_verdict v;

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		a[i] = 10000 + i;
		b[i] = a[i] * 1.02;
		t[i] = 1e6;
	}
	pb_tune_decide(a, b, t, t, N, true, &v);
	assert_true(v.ratio.lo > 1);
	assert_false(v.keep);
	assert_non_null(strstr(v.reason, "below"));
}

static void a_worse_tail_is_undone(void **state)
{
	struct pb_verdict v = decide(3, 1.2, 1.2, true);

	(void)state;
	assert_false(v.keep);
	assert_non_null(strstr(v.reason, "p99"));
}

static void three_pairs_conclude_nothing(void **state)
{
	double a[] = {1, 1.01, 1.02}, b[] = {2, 2.01, 2.02}, t[] = {1, 1, 1};
	struct pb_verdict v;

	(void)state;
	pb_tune_decide(a, b, t, t, 3, true, &v);
	assert_false(v.keep);
}

static void windows_that_are_not_valid_conclude_nothing(void **state)
{
	struct pb_verdict v;

	(void)state;
	pb_tune_undecided(9, "the depth was 3.1, not 4", &v);
	assert_false(v.keep);
	assert_true(isnan(v.ratio.est) && isnan(v.ratio.lo) && isnan(v.p) && isnan(v.median_a));
	assert_non_null(strstr(v.reason, "9 windows"));
	assert_non_null(strstr(v.reason, "the depth was 3.1, not 4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noise_is_not_kept),
		cmocka_unit_test(ten_percent_is_kept),
		cmocka_unit_test(harm_is_undone),
		cmocka_unit_test(a_gain_without_effect_is_undone),
		cmocka_unit_test(a_real_gain_below_the_minimum_is_undone),
		cmocka_unit_test(a_worse_tail_is_undone),
		cmocka_unit_test(three_pairs_conclude_nothing),
		cmocka_unit_test(windows_that_are_not_valid_conclude_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
