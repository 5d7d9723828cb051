/* Unit tests of engine/import/fiojob.c: depths, pooled latencies and intervals of a group of jobs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/import/fiojob.h"

struct test {
	struct pb_fio_group g;
	struct pb_import_step s;
	struct pb_err err;
};

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct test));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static int add(struct test *t, const char *global, const char *job, unsigned same)
{
	json_t *g = json_loads(global, 0, NULL), *j = json_loads(job, 0, NULL);
	int rc;

	assert_non_null(g);
	assert_non_null(j);
	rc = pb_fio_group_add(&t->g, g, j, same, "file", &t->err);
	json_decref(g);
	json_decref(j);
	return rc;
}

#define JOB(options, dir, bins)                                                                              \
	"{\"jobname\": \"j\", \"job options\": {" options "}, \"" dir                                        \
	"\": {\"io_bytes\": 8192000, \"bw_bytes\": 4096000, \"iops\": 1000, \"runtime\": 2000, "             \
	"\"total_ios\": 2000,"                                                                               \
	"\"iops_stddev\": 10, \"iops_samples\": 16, \"lat_ns\": {\"mean\": 3000000},"                        \
	"\"clat_ns\": {\"mean\": 2000000, \"N\": 2000, \"percentile\": {\"50.000000\": 1900000}" bins "}}}"

static void options_of_the_job_come_before_global_ones(void **state)
{
	json_t *g = json_loads("{\"bs\": \"4k\", \"rw\": \"read\"}", 0, NULL);
	json_t *j = json_loads("{\"job options\": {\"bs\": \"8k\"}}", 0, NULL);

	(void)state;
	assert_string_equal(pb_fio_option(g, j, "bs", "?"), "8k");
	assert_string_equal(pb_fio_option(g, j, "rw", "?"), "read");
	assert_string_equal(pb_fio_option(g, j, "iodepth", "1"), "1");
	assert_string_equal(pb_fio_option(NULL, NULL, "iodepth", "1"), "1");
	json_decref(g);
	json_decref(j);
}

static void depth_is_iodepth_times_jobs(void **state)
{
	struct test *t = *state;

	/* one entry for four copies */
	assert_int_equal(add(t, "{\"ioengine\": \"io_uring\"}",
			     JOB("\"iodepth\": \"8\", \"numjobs\": \"4\"", "read", ""), 1),
			 0);
	assert_int_equal(t->g.depth, 32);
	/* an entry for each of two */
	assert_int_equal(add(t, "{\"ioengine\": \"io_uring\"}",
			     JOB("\"iodepth\": \"8\", \"numjobs\": \"2\"", "read", ""), 2),
			 0);
	assert_int_equal(t->g.depth, 40);
	/* fio's default engine has one in flight, whatever it was told */
	assert_int_equal(add(t, "{}", JOB("\"iodepth\": \"8\"", "read", ""), 1), 0);
	assert_int_equal(t->g.depth, 41);
	assert_int_equal(add(t, "{\"ioengine\": \"libaio\"}", JOB("\"iodepth\": \"-3\"", "read", ""), 1), 0);
	assert_int_equal(t->g.depth, 42);
}

static void one_direction_keeps_fios_percentiles(void **state)
{
	struct test *t = *state;

	assert_int_equal(add(t, "{}", JOB("", "write", ""), 1), 0);
	assert_true(pb_fio_group_step(&t->g, 10000000000, &t->s));
	assert_true(t->s.p50_ns.est == 1900000);
	assert_true(isnan(t->s.p50_ns.hi));
	assert_true(isnan(t->s.p99_ns.est)); /* not in the list */
	assert_true(t->s.mean_depth == 3);
	assert_true(t->s.t0_ns == 8000000000);
	assert_null(t->s.bins);
	/* t(15) = 2.13145, 10 / sqrt(16) */
	assert_float_equal(t->s.iops.hi, 1000 + 2.13145 * 2.5, 1e-3);
}

static void two_directions_need_histograms(void **state)
{
	struct test *t = *state;

	assert_int_equal(add(t, "{}", JOB("", "read", ""), 1), 0);
	assert_int_equal(add(t, "{}", JOB("", "trim", ", \"bins\": {\"4000000\": 2000}"), 1), 0);
	assert_false(pb_fio_group_step(&t->g, 10000000000, &t->s));
	assert_true(isnan(t->s.p50_ns.est));
	/* deviations add up: 20 / sqrt(16) */
	assert_float_equal(t->s.iops.hi, 2000 + 2.13145 * 5, 1e-3);
}

static void histograms_are_pooled_over_directions(void **state)
{
	struct test *t = *state;
	unsigned fast = pb_hist_bin(1000000), slow = pb_hist_bin(4000000);

	assert_int_equal(add(t, "{}", JOB("", "read", ", \"bins\": {\"1000000\": 1980}"), 1), 0);
	assert_int_equal(add(t, "{}", JOB("", "write", ", \"bins\": {\"4000000\": 20}"), 1), 0);
	assert_true(pb_fio_group_step(&t->g, 10000000000, &t->s));
	assert_true(t->s.p50_ns.est == pb_hist_mid(fast));
	assert_true(t->s.p999_ns == pb_hist_mid(slow));
	assert_int_equal(t->s.bins[PB_DIR_READ][fast], 1980);
	assert_int_equal(t->s.bins[PB_DIR_WRITE][slow], 20);
}

static void errors_and_emptiness_make_a_step_invalid(void **state)
{
	struct test *t = *state;

	assert_true(pb_fio_group_step(&t->g, 10000000000, &t->s));
	assert_string_equal(t->s.reason, "no-completions");
	assert_true(t->s.t1_ns > t->s.t0_ns);
	assert_int_equal(add(t, "{}", "{\"jobname\": \"j\", \"error\": 5}", 1), 0);
	assert_true(pb_fio_group_step(&t->g, 10000000000, &t->s));
	assert_string_equal(t->s.reason, "failed-io");
	assert_true(t->s.failed == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(options_of_the_job_come_before_global_ones, setup, teardown),
		cmocka_unit_test_setup_teardown(depth_is_iodepth_times_jobs, setup, teardown),
		cmocka_unit_test_setup_teardown(one_direction_keeps_fios_percentiles, setup, teardown),
		cmocka_unit_test_setup_teardown(two_directions_need_histograms, setup, teardown),
		cmocka_unit_test_setup_teardown(histograms_are_pooled_over_directions, setup, teardown),
		cmocka_unit_test_setup_teardown(errors_and_emptiness_make_a_step_invalid, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
