/* What a window says, from rows and two histogram snapshots. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/run/measure.h"

#define ROWS 31
#define STEP_NS 100000000LL
#define PER_ROW 1000 /* 10k IOPS */

struct world {
	struct pb_row rows[ROWS];
	struct pb_hist_snap h0, h1;
	struct pb_step s;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	for (int64_t i = 0; i < ROWS; i++)
		w->rows[i] = (struct pb_row){.t_ns = 1000 + i * STEP_NS,
					     .submitted = i * PER_ROW,
					     .completed = i * PER_ROW,
					     .read_bytes = i * PER_ROW * 4096,
					     .depth_ns = i * STEP_NS * 8};
	w->h0.row = w->rows[0];
	w->h1.row = w->rows[ROWS - 1];
	w->h1.dir[0][pb_hist_bin(800000)] = (ROWS - 1) * PER_ROW;
	w->s = (struct pb_step){.depth = 8, .phase = "sweep"};
	w->s.hist = calloc(3, sizeof(*w->s.hist));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	pb_step_fini(&w->s);
	free(w);
	return 0;
}

static void latency(struct world *w, uint64_t ns)
{
	memset(w->h1.dir, 0, sizeof(w->h1.dir));
	w->h1.dir[0][pb_hist_bin(ns)] = (ROWS - 1) * PER_ROW;
}

static void compute(struct world *w, double ceiling)
{
	pb_step_compute(&w->s, w->rows, ROWS, &w->h0, &w->h1, ceiling);
}

static void steady_rows_give_their_rate(void **state)
{
	struct world *w = *state;

	compute(w, 0);
	assert_true(w->s.valid);
	assert_true(fabs(w->s.iops.est - 10000) < 0.01);
	assert_true(fabs(w->s.bw_bytes_s - 40960000) < 1);
	assert_true(fabs(w->s.mean_depth - 8) < 1e-9);
	assert_int_equal(w->s.completed, (ROWS - 1) * PER_ROW);
	assert_true(fabs(w->s.lat_mean_ns / 800000 - 1) < 1.0 / 64);
	assert_true(fabs(w->s.p99.est / 800000 - 1) < 1.0 / 64);
	assert_int_equal(w->s.batches, ROWS - 1);
}

static void one_failed_io_makes_it_invalid(void **state)
{
	struct world *w = *state;

	w->h1.row.failed = 1;
	compute(w, 0);
	assert_false(w->s.valid);
	assert_string_equal(w->s.reason, "failed-io");
	assert_int_equal(w->s.failed, 1);
	assert_int_equal(w->s.completed, (ROWS - 1) * PER_ROW); /* a failed I/O is none of these */
}

/* A dead disk: nothing came back, so there is neither a rate nor a latency, not even 0. */
static void a_window_without_completions_has_no_numbers(void **state)
{
	struct world *w = *state;

	for (int64_t i = 0; i < ROWS; i++) {
		w->rows[i].completed = 0;
		w->rows[i].read_bytes = 0;
		w->rows[i].failed = i * 100000;
	}
	w->h0.row = w->rows[0];
	w->h1.row = w->rows[ROWS - 1];
	memset(w->h1.dir, 0, sizeof(w->h1.dir));
	compute(w, 0);
	assert_false(w->s.valid);
	assert_string_equal(w->s.reason, "failed-io;no-completions");
	assert_int_equal(w->s.failed, (ROWS - 1) * 100000);
	assert_true(isnan(w->s.iops.est) && isnan(w->s.iops.lo) && isnan(w->s.bw_bytes_s));
	assert_true(isnan(w->s.lat_mean_ns) && isnan(w->s.p50.est) && isnan(w->s.p99.est));
}

static void fio_that_ended_makes_it_invalid(void **state)
{
	struct world *w = *state;

	w->s.ended = true;
	compute(w, 0);
	assert_false(w->s.valid);
	assert_string_equal(w->s.reason, "fio-ended");
}

/* Completions that were never in flight: what they spent is more than the depth's integral. */
static void more_than_the_depth_allows_is_rejected(void **state)
{
	struct world *w = *state;

	/* 10k IOPS at depth 8 are 800 us each; the bin's middle is not exactly that */
	latency(w, 812000); /* 1.5% more: within the bin's width */
	compute(w, 0);
	assert_true(w->s.valid);
	latency(w, 840000);
	compute(w, 0);
	assert_false(w->s.valid);
	assert_string_equal(w->s.reason, "above-depth");
	w->s.paced = true; /* with a rate, latency has what waited in it */
	compute(w, 0);
	assert_true(w->s.valid);
}

/* Those in flight when the window began may have waited for long: a stall that ends in it is no
 * contradiction. */
static void a_stall_before_the_window_is_allowed(void **state)
{
	struct world *w = *state;

	memset(w->h1.dir, 0, sizeof(w->h1.dir));
	w->h1.dir[0][pb_hist_bin(800000)] = (ROWS - 1) * PER_ROW - 8;
	w->h1.dir[0][pb_hist_bin(5000000000)] = 8; /* 8 * 5 s in a window of 3 s */
	compute(w, 0);
	assert_true(w->s.valid);
}

static void depth_off_by_more_than_5_percent_is_invalid(void **state)
{
	struct world *w = *state;
	int64_t dt = w->h1.row.t_ns - w->h0.row.t_ns;

	latency(w, 700000);
	w->h1.row.depth_ns = w->h0.row.depth_ns + dt / 100 * 761; /* 7.61 of 8: 4.9% off */
	compute(w, 0);
	assert_true(w->s.valid);
	w->h1.row.depth_ns = w->h0.row.depth_ns + dt / 100 * 759; /* 5.1% off */
	compute(w, 0);
	assert_false(w->s.valid);
	assert_string_equal(w->s.reason, "depth-not-held");
}

/* Between a completion and the next submission nothing is in flight at depth 1: a tenth of an I/O is the
 * submitter's. */
static void depth_1_may_lack_a_tenth(void **state)
{
	struct world *w = *state;
	int64_t dt = w->h1.row.t_ns - w->h0.row.t_ns;

	w->s.depth = 1;
	latency(w, 80000);
	w->h1.row.depth_ns = w->h0.row.depth_ns + dt / 100 * 91;
	compute(w, 0);
	assert_true(w->s.valid);
	w->h1.row.depth_ns = w->h0.row.depth_ns + dt / 100 * 89;
	compute(w, 0);
	assert_string_equal(w->s.reason, "depth-not-held");
}

static void faster_than_the_link_is_rejected(void **state)
{
	struct world *w = *state;

	compute(w, 41e6);
	assert_true(w->s.valid);
	compute(w, 40e6);
	assert_false(w->s.valid);
	assert_string_equal(w->s.reason, "above-ceiling");
}

static void nothing_completed_has_no_latency(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < ROWS; i++)
		w->rows[i].completed = 0;
	w->h1.row.completed = 0;
	memset(w->h1.dir, 0, sizeof(w->h1.dir));
	compute(w, 0);
	assert_false(w->s.valid);
	assert_non_null(strstr(w->s.reason, "no-completions"));
	assert_true(isnan(w->s.lat_mean_ns));
	assert_true(isnan(w->s.p99.est));
}

static void rows_outside_the_window_do_not_count(void **state)
{
	struct world *w = *state;

	w->h0.row = w->rows[10];
	compute(w, 0);
	assert_int_equal(w->s.batches, ROWS - 1 - 10);
	assert_true(fabs(w->s.iops.est - 10000) < 0.01);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(steady_rows_give_their_rate, setup, teardown),
		cmocka_unit_test_setup_teardown(one_failed_io_makes_it_invalid, setup, teardown),
		cmocka_unit_test_setup_teardown(a_window_without_completions_has_no_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(fio_that_ended_makes_it_invalid, setup, teardown),
		cmocka_unit_test_setup_teardown(more_than_the_depth_allows_is_rejected, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stall_before_the_window_is_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(depth_off_by_more_than_5_percent_is_invalid, setup, teardown),
		cmocka_unit_test_setup_teardown(depth_1_may_lack_a_tenth, setup, teardown),
		cmocka_unit_test_setup_teardown(faster_than_the_link_is_rejected, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_completed_has_no_latency, setup, teardown),
		cmocka_unit_test_setup_teardown(rows_outside_the_window_do_not_count, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
