/* Depths measured one after another on a machine that changes: compared as if it had not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "engine/run/search_fit.h"

/* A window of +- 1% that says iops. */
static void put(struct pb_search *s, unsigned depth, double iops)
{
	struct pb_ci ci = {iops, iops * 0.99, iops * 1.01};
	struct pb_search_point p = {.depth = depth,
				    .iops = iops,
				    .iops_lo = ci.lo,
				    .iops_hi = ci.hi,
				    .valid = true,
				    .windows = 1};

	pb_search_add(s, &p);
	pb_search_window(s, depth, 0.3 * s->n_w, &ci);
}

static const struct pb_search_point *at(const struct pb_search *s, unsigned depth)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->p[i].depth == depth)
			return &s->p[i];
	return NULL;
}

static double half(const struct pb_search_point *p)
{
	return (p->iops_hi - p->iops_lo) / 2 / p->iops;
}

/* Depth 4 is as fast as 2, but was first measured when the machine had halved its speed. */
static void a_shift_of_the_machine_is_not_the_depths(void **state)
{
	static const unsigned turn[] = {1, 2, 4, 1, 2, 4, 1, 2, 4};
	struct pb_search s = {.automatic = true};

	(void)state;
	for (unsigned i = 0; i < 9; i++)
		put(&s, turn[i], (turn[i] == 1 ? 500 : 1000) * (i < 2 ? 1.0 : 0.5));
	assert_int_equal(pb_search_fit(&s), 0);
	assert_true(fabs(at(&s, 4)->iops / at(&s, 2)->iops - 1) < 0.1);
	assert_true(fabs(at(&s, 2)->iops / at(&s, 1)->iops - 2) < 0.2);
	/* average conditions: between the two speeds */
	assert_true(at(&s, 2)->iops > 500 && at(&s, 2)->iops < 1000);
}

static void a_quiet_machine_keeps_its_means_and_narrow_intervals(void **state)
{
	struct pb_search s = {.automatic = true};

	(void)state;
	for (unsigned i = 0; i < 12; i++)
		put(&s, 1u << i % 3, (i % 3 + 1) * 1000 * (1 + 0.002 * (i % 2)));
	assert_int_equal(pb_search_fit(&s), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(fabs(s.p[i].iops / ((i + 1) * 1001.0) - 1) < 0.002);
		assert_true(half(&s.p[i]) < 0.02);
	}
}

/* Windows of a depth that contradict each other widen every interval, not only that depth's. */
static void an_unsteady_machine_widens_the_intervals(void **state)
{
	struct pb_search quiet = {.automatic = true}, loud = quiet;

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		put(&quiet, 1u << i % 3, 1000);
		put(&loud, 1u << i % 3, i / 3 % 2 ? 1000 : 800 + 100 * (i % 3));
	}
	assert_int_equal(pb_search_fit(&quiet), 0);
	assert_int_equal(pb_search_fit(&loud), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_true(half(&loud.p[i]) > 3 * half(&quiet.p[i]));
}

/* Each depth once: whether the machine changed cannot be known, and the points stay what they were. */
static void single_visits_are_left_alone(void **state)
{
	struct pb_search s = {.automatic = true}, before;

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		put(&s, 1u << i, 1000 * i + 1);
	before = s;
	assert_int_equal(pb_search_fit(&s), 0);
	assert_memory_equal(&s, &before, sizeof(s));
}

static void windows_without_an_interval_are_left_out(void **state)
{
	struct pb_search s = {.automatic = true};

	(void)state;
	pb_search_window(&s, 1, 0, &(struct pb_ci){1000, NAN, NAN});
	pb_search_window(&s, 1, 0, &(struct pb_ci){0, 0, 0});
	assert_int_equal(s.n_w, 0);
	for (unsigned i = 0; i < PB_SEARCH_WINDOWS + 5; i++)
		put(&s, 1 + i % 2, 1000);
	assert_int_equal(s.n_w, PB_SEARCH_WINDOWS);
	assert_int_equal(pb_search_fit(&s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shift_of_the_machine_is_not_the_depths),
		cmocka_unit_test(a_quiet_machine_keeps_its_means_and_narrow_intervals),
		cmocka_unit_test(an_unsteady_machine_widens_the_intervals),
		cmocka_unit_test(single_visits_are_left_alone),
		cmocka_unit_test(windows_without_an_interval_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
