/* Windows of one depth, pooled: what counts, what is enough, what the point says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "engine/run/pool.h"

/* A window of n rates of 20 ms around iops, alternating by +- swing, all I/Os of lat_ns. */
static void window(struct pb_step *s, unsigned n, double iops, double swing, uint64_t lat_ns)
{
	*s = (struct pb_step){.valid = true, .t0_ns = 1000, .t1_ns = 1000 + n * 20000000LL};
	s->rates = calloc(n, sizeof(*s->rates));
	s->hist = calloc(3, sizeof(*s->hist));
	for (unsigned i = 0; i < n; i++)
		s->rates[s->n_rates++] = iops * (1 + (i % 3 == 0 ? swing : -swing / 2));
	s->completed = llround(iops * n * 0.02);
	s->hist[0][pb_hist_bin(lat_ns)] = (uint64_t)s->completed;
}

static void add(struct pb_pool *p, unsigned n, double iops, uint64_t lat_ns, bool valid, int64_t failed)
{
	struct pb_step s;

	window(&s, n, iops, 0.01, lat_ns);
	s.valid = valid;
	s.failed = failed;
	assert_int_equal(pb_pool_add(p, &s, NULL), 0);
	pb_step_fini(&s);
}

static void windows_are_weighted_by_their_time(void **state)
{
	struct pb_pool p = {0};
	struct pb_search_point at;

	(void)state;
	add(&p, 20, 1000, 1000000, true, 0);
	add(&p, 60, 2000, 1000000, true, 0);
	pb_pool_point(&p, 8, 0.99, &at);
	assert_int_equal(at.depth, 8);
	assert_int_equal(at.windows, 2);
	assert_true(at.valid);
	assert_true(fabs(at.iops - 1750) < 1);
	/* the two windows contradict each other: the interval must hold both or nearly so */
	assert_true(at.iops_hi - at.iops_lo > 200);
	assert_true(fabs(at.slo_hi_ns / 1e6 - 1) < 1.0 / 64);
	pb_pool_fini(&p);
}

static void invalid_windows_give_no_data(void **state)
{
	struct pb_pool p = {0};
	struct pb_search_point at;

	(void)state;
	add(&p, 20, 9000, 1000000, false, 0);
	pb_pool_point(&p, 8, 0, &at);
	assert_false(at.valid);
	add(&p, 20, 1000, 1000000, true, 0);
	pb_pool_point(&p, 8, 0, &at);
	assert_true(at.valid);
	assert_true(fabs(at.iops - 1000) < 1);
	assert_true(isnan(at.slo_hi_ns)); /* no SLO was asked for */
	pb_pool_fini(&p);
}

static void one_failed_io_spoils_the_depth(void **state)
{
	struct pb_pool p = {0};
	struct pb_search_point at;

	(void)state;
	add(&p, 20, 1000, 1000000, true, 0);
	add(&p, 20, 1000, 1000000, false, 1);
	pb_pool_point(&p, 8, 0, &at);
	assert_false(at.valid);
	pb_pool_fini(&p);
}

static void narrow_intervals_are_enough(void **state)
{
	struct pb_pool p = {0};
	struct pb_step s;

	(void)state;
	window(&s, 20, 1000, 0.01, 1000000);
	assert_true(pb_pool_enough(&p, &s, 0.02, 0));
	assert_false(pb_pool_enough(&p, &s, 0.0001, 0));
	pb_step_fini(&s);
	window(&s, 9, 1000, 0.01, 1000000); /* too few rates to judge */
	assert_false(pb_pool_enough(&p, &s, 0.02, 0));
	pb_step_fini(&s);
}

/* p99 needs 100 completions beyond it: 10,000 in all, earlier windows included. */
static void quantile_needs_100_completions_beyond(void **state)
{
	struct pb_pool p = {0};
	struct pb_step s;

	(void)state;
	window(&s, 20, 24999, 0.001, 1000000); /* 9,999.6 */
	s.completed = 9999;
	assert_false(pb_pool_enough(&p, &s, 0.02, 0.99));
	s.completed = 10001;
	assert_true(pb_pool_enough(&p, &s, 0.02, 0.99));
	s.completed = 5001;
	add(&p, 20, 12500, 1000000, true, 0); /* 5,000 */
	assert_true(fabs(pb_pool_tail(&p, 0.99) - 50) < 1e-6);
	s.rates[0] = s.rates[1];
	assert_true(pb_pool_enough(&p, &s, 1, 0.99));
	assert_false(pb_pool_enough(&p, &s, 1, 0.999));
	pb_step_fini(&s);
	pb_pool_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_are_weighted_by_their_time),
		cmocka_unit_test(invalid_windows_give_no_data),
		cmocka_unit_test(one_failed_io_spoils_the_depth),
		cmocka_unit_test(narrow_intervals_are_enough),
		cmocka_unit_test(quantile_needs_100_completions_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
