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
	pb_tune_decide(a, b, ta, tb, N, moved, PB_TUNE_ONE_ALPHA, &v);
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

/* As tune.c looks: after 8, 16 and 32 pairs, on a machine whose windows differ by a quarter. Whether it is
 * kept. */
static bool look(unsigned seed, double gain, unsigned *pairs)
{
	double a[N << (PB_TUNE_LOOKS - 1)], b[N << (PB_TUNE_LOOKS - 1)], t[N << (PB_TUNE_LOOKS - 1)];
	struct pb_verdict v;

	for (unsigned i = 0; i < N << (PB_TUNE_LOOKS - 1); i++) {
		a[i] = 10000 * noise(&seed, 0.45);
		b[i] = 10000 * gain * noise(&seed, 0.45);
		t[i] = 1e6;
	}
	for (unsigned n = 0; n < PB_TUNE_LOOKS; n++) {
		*pairs += n ? N << (n - 1) : N;
		pb_tune_decide(a, b, t, t, N << n, true, PB_TUNE_LOOK_ALPHA, &v);
		if (!v.open)
			break;
	}
	return v.keep;
}

static void looking_again_finds_more_and_errs_no_more(void **state)
{
	unsigned kept = 0, found = 0, once = 0, pairs = 0;

	(void)state;
	for (unsigned seed = 1; seed <= 2000; seed++)
		kept += look(seed, 1.0, &pairs);
	assert_true(kept <= 50);            /* 2.5%: a gain is one side of 5% */
	assert_true(pairs <= 2000 * 2 * N); /* and most of what does nothing is given up at once */
	for (unsigned seed = 1; seed <= 1000; seed++) {
		double a[N], b[N], t[N] = {1, 1, 1, 1, 1, 1, 1, 1};
		unsigned s = seed;
		struct pb_verdict v;

		for (unsigned i = 0; i < N; i++) {
			a[i] = noise(&s, 0.45);
			b[i] = 1.3 * noise(&s, 0.45);
		}
		pb_tune_decide(a, b, t, t, N, true, PB_TUNE_ONE_ALPHA, &v);
		once += v.keep;
		found += look(seed, 1.3, &pairs);
	}
	assert_true(once < 400);
	assert_true(found > 850);
}

/* Six pairs allow no interval that may be looked at three times: neither kept nor given up. */
static void too_few_for_a_look_stay_open(void **state)
{
	double a[] = {1, 1, 1, 1, 1, 1}, b[] = {2, 2, 2, 2, 2, 2}, t[] = {1, 1, 1, 1, 1, 1};
	struct pb_verdict v;

	(void)state;
	pb_tune_decide(a, b, t, t, 6, true, PB_TUNE_LOOK_ALPHA, &v);
	assert_true(v.open && !v.keep);
	pb_tune_decide(a, b, t, t, 6, true, PB_TUNE_ONE_ALPHA, &v);
	assert_true(v.keep && !v.open);
	pb_tune_decide(a, b, t, t, 6, false, PB_TUNE_LOOK_ALPHA, &v);
	assert_true(!v.keep && !v.open);
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
	pb_tune_decide(a, b, t, t, N, true, PB_TUNE_ONE_ALPHA, &v);
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
	pb_tune_decide(a, b, t, t, 3, true, PB_TUNE_LOOK_ALPHA, &v);
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
		cmocka_unit_test(looking_again_finds_more_and_errs_no_more),
		cmocka_unit_test(too_few_for_a_look_stay_open),
		cmocka_unit_test(harm_is_undone),
		cmocka_unit_test(a_gain_without_effect_is_undone),
		cmocka_unit_test(a_real_gain_below_the_minimum_is_undone),
		cmocka_unit_test(a_worse_tail_is_undone),
		cmocka_unit_test(three_pairs_conclude_nothing),
		cmocka_unit_test(windows_that_are_not_valid_conclude_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
