/* Percentiles over time: known ranks, intervals that are too short for one, and intervals without I/O. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/agent/quantiles.h"

#define MS 1000000LL

struct fixture {
	struct pb_page *page;
	struct pb_quantiles q;
	struct pb_buf out;
	uint64_t completed;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	x->page = calloc(1, sizeof(*x->page));
	assert_non_null(x->page);
	pb_page_format(x->page, 4);
	pb_page_set(&x->page->claimed, 2);
	pb_quantiles_sample(&x->q, x->page, 0, 5000 * MS, false, &x->out);
	assert_int_equal(x->out.len, 0);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	pb_buf_fini(&x->out);
	free(x->page);
	free(x);
	return 0;
}

static void complete(struct fixture *x, unsigned job, enum pb_page_dir dir, uint64_t lat_ns, uint64_t n)
{
	uint64_t *bin = &x->page->job[job].lat[dir][pb_hist_bin(lat_ns)];

	pb_page_set(bin, pb_page_get(bin) + n);
	x->completed += n;
}

static const char *sample(struct fixture *x, int64_t ms, bool end)
{
	pb_buf_clear(&x->out);
	pb_quantiles_sample(&x->q, x->page, x->completed, ms * MS, end, &x->out);
	return x->out.data ? x->out.data : "";
}

static void ranks_over_jobs_and_directions(void **state)
{
	struct fixture *x = *state;

	complete(x, 0, PB_PAGE_READ, 10, 600);
	complete(x, 1, PB_PAGE_WRITE, 20, 390);
	complete(x, 1, PB_PAGE_TRIM, 50, 9);
	complete(x, 0, PB_PAGE_READ, 100, 1);
	/* 1000 I/Os: p50 is the 500th, p99 the 990th, p99.9 the 999th */
	assert_string_equal(sample(x, 5100, false), "5100000000,100000000,1000,10,20,50\n");
}

static void one_in_n_needs_n(void **state)
{
	struct fixture *x = *state;

	complete(x, 0, PB_PAGE_READ, 10, 99);
	assert_string_equal(sample(x, 6000, false), "6000000000,1000000000,99,10,,\n");
	complete(x, 0, PB_PAGE_READ, 12, 100);
	assert_string_equal(sample(x, 7000, false), "7000000000,1000000000,100,12,12,\n");
	complete(x, 0, PB_PAGE_READ, 14, 1);
	assert_string_equal(sample(x, 8000, false), "8000000000,1000000000,1,,,\n");
}

static void an_interval_waits_for_a_thousand_or_a_second(void **state)
{
	struct fixture *x = *state;

	complete(x, 0, PB_PAGE_READ, 10, 999);
	assert_string_equal(sample(x, 5100, false), "");
	complete(x, 0, PB_PAGE_READ, 10, 1);
	assert_string_equal(sample(x, 5200, false), "5200000000,200000000,1000,10,10,10\n");
	assert_string_equal(sample(x, 6199, false), "");
	/* nothing completed: the cells are empty, not zero */
	assert_string_equal(sample(x, 6200, false), "6200000000,1000000000,0,,,\n");
}

static void the_end_is_a_row(void **state)
{
	struct fixture *x = *state;

	complete(x, 0, PB_PAGE_READ, 10, 3);
	assert_string_equal(sample(x, 5050, true), "5050000000,50000000,3,10,,\n");
	assert_string_equal(sample(x, 5050, true), ""); /* no time has passed */
}

static void counters_that_run_backwards_are_no_latencies(void **state)
{
	struct fixture *x = *state;

	complete(x, 0, PB_PAGE_READ, 10, 1000);
	sample(x, 5100, false);
	pb_page_set(&x->page->job[0].lat[PB_PAGE_READ][10], 3);
	assert_string_equal(sample(x, 6200, false), "6200000000,1100000000,0,,,\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ranks_over_jobs_and_directions, setup, teardown),
		cmocka_unit_test_setup_teardown(one_in_n_needs_n, setup, teardown),
		cmocka_unit_test_setup_teardown(an_interval_waits_for_a_thousand_or_a_second, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_end_is_a_row, setup, teardown),
		cmocka_unit_test_setup_teardown(counters_that_run_backwards_are_no_latencies, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
