/*
 * Second opinions on the knee: known curves, and the cases where none must
 * be given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "analyzers/knee.h"

/* X = min(N / R1, Xmax) at 1, 2, 4 ...: the ideal knee is at R1 * Xmax. */
static void ideal(struct pb_sweep *s, unsigned n, double r1_s, double xmax)
{
	*s = (struct pb_sweep){.n = n, .n_valid = n};
	for (unsigned i = 0; i < n; i++) {
		double x = (1 << i) / r1_s;

		s->p[i].depth = 1 << i;
		s->p[i].iops = x < xmax ? x : xmax;
		s->p[i].lat_mean_ns = (1 << i) / s->p[i].iops * 1e9;
		s->p[i].valid = true;
	}
}

static void little_finds_the_ideal_knee(void **state)
{
	struct pb_sweep s;

	(void)state;
	ideal(&s, 8, 100e-6, 160000);
	assert_true(fabs(pb_knee_little(&s, 160000) - 16) < 1e-6);
	s.p[0].depth = 2;
	assert_true(isnan(pb_knee_little(&s, 160000)));
	s.n = 0;
	assert_true(isnan(pb_knee_little(&s, 160000)));
}

static void kneedle_finds_the_grid_point(void **state)
{
	struct pb_sweep s;

	(void)state;
	ideal(&s, 10, 100e-6, 160000);
	assert_int_equal((int)pb_knee_kneedle(&s), 16);
}

static void kneedle_refuses_short_and_straight_curves(void **state)
{
	struct pb_sweep s;

	(void)state;
	ideal(&s, 7, 100e-6, 160000);
	assert_true(isnan(pb_knee_kneedle(&s))); /* too few depths */
	ideal(&s, 10, 100e-6, 1e9);
	assert_true(isnan(pb_knee_kneedle(&s))); /* a straight line */
	ideal(&s, 10, 100e-6, 256 / 100e-6);
	assert_true(isnan(pb_knee_kneedle(&s))); /* one point past the knee */
}

static void kneedle_survives_noise(void **state)
{
	struct pb_sweep s;

	(void)state;
	ideal(&s, 10, 100e-6, 160000);
	s.p[6].iops *= 1.02;
	s.p[8].iops *= 0.98;
	assert_int_equal((int)pb_knee_kneedle(&s), 16);
}

static void the_laws_peak_only_where_it_was_measured(void **state)
{
	struct pb_sweep s;

	(void)state;
	ideal(&s, 9, 100e-6, 160000);
	for (unsigned i = 0; i < s.n; i++) {
		double n = (double)s.p[i].depth;

		s.p[i].iops = 2000 * n / (1 + .05 * (n - 1) + .0005 * n * (n - 1));
		s.p[i].iops_lo = .99 * s.p[i].iops;
		s.p[i].iops_hi = 1.01 * s.p[i].iops;
	}
	assert_true(fabs(pb_knee_usl(&s) - sqrt(.95 / .0005)) < .5); /* 43.6 */
	s.n = 6;                                                     /* up to 32 */
	assert_true(isnan(pb_knee_usl(&s)));
	s.n = 4;
	assert_true(isnan(pb_knee_usl(&s)));
}

/* X^2 / N: grows with N below the knee, falls with 1 / N beyond it. */
static void power_is_largest_at_an_ideal_knee(void **state)
{
	struct pb_sweep s;

	(void)state;
	ideal(&s, 8, 100e-6, 160000);
	assert_int_equal((int)pb_knee_power(&s), 16);
	s.n = 0;
	assert_int_equal((int)pb_knee_power(&s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(little_finds_the_ideal_knee),
		cmocka_unit_test(kneedle_finds_the_grid_point),
		cmocka_unit_test(kneedle_refuses_short_and_straight_curves),
		cmocka_unit_test(the_laws_peak_only_where_it_was_measured),
		cmocka_unit_test(power_is_largest_at_an_ideal_knee),
		cmocka_unit_test(kneedle_survives_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
