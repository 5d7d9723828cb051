/* Unit tests of engine/import/fio.c: fio's results as steps, and results that are damaged or not fio's. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/importtest.h"

/* The fixture's text with one piece replaced. */
static char *altered(const char *fixture, const char *from, const char *to)
{
	char path[128], *text, *at;
	static char out[65536];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), FIXTURES "%s", fixture);
	f = fopen(path, "r");
	assert_non_null(f);
	text = calloc(1, 32768);
	n = fread(text, 1, 32767, f);
	assert_true(n > 0);
	fclose(f);
	at = strstr(text, from);
	assert_non_null(at);
	snprintf(out, sizeof(out), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	free(text);
	return out;
}

static void groups_become_steps_of_a_curve(void **state)
{
	struct importtest *t = *state;
	json_t *m;

	assert_int_equal(importtest_file(t, FIXTURES "fio-curve.json", NULL), 0);
	assert_int_equal(t->result.steps, 3);
	assert_near(importtest_num(t, "steps.csv", 0, "depth"), 1);
	assert_near(importtest_num(t, "steps.csv", 2, "depth"), 16);
	assert_near(importtest_num(t, "steps.csv", 2, "iops"), 40000);
	assert_near(importtest_num(t, "steps.csv", 2, "bw_bytes_s"), 40000 * 4096.0);
	assert_near(importtest_num(t, "steps.csv", 1, "lat_p99_ns"), 256000);
	assert_true(isnan(importtest_num(t, "steps.csv", 1, "lat_p99_hi_ns")));
	/* Little's law: 40,000 a second, 395.5 us from issue to completion */
	assert_near(importtest_num(t, "steps.csv", 2, "mean_depth"), 15.82);
	/* t(3) = 3.18245, deviation 100, four samples */
	assert_float_equal(importtest_num(t, "steps.csv", 0, "iops_hi"), 10000 + 3.18245 * 50, 0.01);
	/* the last group ended with fio, 1795458363.892 s; each ran for two seconds */
	assert_near(importtest_num(t, "steps.csv", 2, "t_end_ns"), 1795458363.892e9);
	assert_near(importtest_num(t, "steps.csv", 0, "t_ns"), 1795458357.892e9);
	m = importtest_manifest(t);
	assert_string_equal(pb_json_str(json_object_get(m, "origin"), "tool", ""), "fio-json");
	assert_string_equal(pb_json_str(json_object_get(m, "profile"), "rw", ""), "randread");
	assert_string_equal(pb_json_str(json_object_get(m, "disk"), "path", ""), "imported");
	assert_string_equal(pb_json_str(json_object_get(m, "disk"), "block", ""), "/dev/nvme0n1");
	assert_string_equal(pb_json_str(m, "started_utc", ""), "2026-11-23T18:25:57Z");
	json_decref(m);
}

/* Lines of fio's own before and behind the JSON; two jobs, two directions, with histograms. */
static void json_plus_pools_jobs_and_directions(void **state)
{
	struct importtest *t = *state;
	struct pb_table *latency;

	assert_int_equal(importtest_file(t, FIXTURES "fio-plus.json", NULL), 0);
	assert_int_equal(t->result.steps, 1);
	assert_near(importtest_num(t, "steps.csv", 0, "depth"), 4);
	assert_near(importtest_num(t, "steps.csv", 0, "iops"), 25000);
	assert_near(importtest_num(t, "steps.csv", 0, "completed"), 50000);
	/* 32,000 of 50,000 in the lowest bin; 99% lies among the 2,000 of the highest */
	assert_near(importtest_num(t, "steps.csv", 0, "lat_p50_ns"), 94720);
	assert_near(importtest_num(t, "steps.csv", 0, "lat_p99_ns"), 395264);
	assert_false(isnan(importtest_num(t, "steps.csv", 0, "lat_p50_hi_ns")));
	latency = importtest_table(t, "guest/imported/latency.csv");
	assert_int_equal(pb_table_rows(latency), 6);
	pb_table_free(latency);
	assert_near(importtest_num(t, "guest/imported/latency.csv", 0, "count"), 30000);
}

static void quantiles_of_several_jobs_are_not_made_up(void **state)
{
	struct importtest *t = *state;
	json_t *m;

	assert_int_equal(
		importtest_text(t, "in", altered("fio-curve.json", "\"groupid\": 1", "\"groupid\": 0"), NULL),
		0);
	assert_int_equal(t->result.steps, 2);
	assert_near(importtest_num(t, "steps.csv", 0, "depth"), 5);
	assert_true(isnan(importtest_num(t, "steps.csv", 0, "lat_p99_ns")));
	m = importtest_manifest(t);
	assert_non_null(
		strstr(json_string_value(json_array_get(json_object_get(m, "warnings"), 0)), "json+"));
	json_decref(m);
}

/* One entry that stands for four jobs: group_reporting. */
static void group_reporting_multiplies_the_depth(void **state)
{
	struct importtest *t = *state;

	assert_int_equal(importtest_text(t, "in",
					 altered("fio-curve.json", "\"iodepth\": \"16\"",
						 "\"iodepth\": \"16\", \"numjobs\": \"4\""),
					 NULL),
			 0);
	assert_near(importtest_num(t, "steps.csv", 2, "depth"), 64);
	/* four samples are one of each job: no interval */
	assert_true(isnan(importtest_num(t, "steps.csv", 2, "iops_hi")));
}

static void a_synchronous_engine_has_one_io_in_flight(void **state)
{
	struct importtest *t = *state;

	assert_int_equal(importtest_text(t, "in",
					 altered("fio-curve.json", "\"iodepth\": \"16\"",
						 "\"iodepth\": \"16\", \"ioengine\": \"psync\""),
					 NULL),
			 0);
	assert_near(importtest_num(t, "steps.csv", 2, "depth"), 1);
}

static void an_error_fails_the_step(void **state)
{
	struct importtest *t = *state;
	struct pb_table *steps;

	assert_int_equal(importtest_file(t, FIXTURES "fio-error.json", NULL), 0);
	steps = importtest_table(t, "steps.csv");
	assert_string_equal(pb_table_str(steps, 0, pb_table_col(steps, "reason")), "failed-io");
	assert_int_equal(pb_table_i64(steps, 0, pb_table_col(steps, "valid")), 0);
	assert_int_equal(pb_table_i64(steps, 0, pb_table_col(steps, "failed")), 3);
	pb_table_free(steps);
}

static void a_job_without_io_is_a_step_that_is_not_valid(void **state)
{
	struct importtest *t = *state;

	assert_int_equal(
		importtest_text(
			t, "in",
			"{\"fio version\": \"fio-3.33\", \"jobs\": [{\"jobname\": \"j\", \"error\": 0}]}",
			NULL),
		0);
	assert_near(importtest_num(t, "steps.csv", 0, "valid"), 0);
	assert_true(isnan(importtest_num(t, "steps.csv", 0, "iops")));
}

static void several_files_are_several_steps(void **state)
{
	char *files[] = {FIXTURES "fio-plus.json", FIXTURES "fio-curve.json"};
	struct importtest *t = *state;

	assert_int_equal(importtest_files(t, files, 2, NULL), 0);
	assert_int_equal(t->result.steps, 4);
	assert_near(importtest_num(t, "steps.csv", 3, "depth"), 16);
}

/* A fio result and the host's recording of the same time: CPU time per I/O becomes known. */
static void a_recording_beside_fio_gives_host_tables_only(void **state)
{
	char *files[] = {FIXTURES "esxtop.csv", FIXTURES "fio-curve.json"};
	struct importtest *t = *state;

	assert_int_equal(importtest_files(t, files, 2, NULL), 0);
	assert_int_equal(t->result.steps, 3);
	assert_true(t->result.host_rows > 0);
	assert_near(importtest_num(t, "steps.csv", 0, "iops"), 10000);
}

static void the_last_of_several_results_is_taken(void **state)
{
	struct importtest *t = *state;
	char *text = altered("fio-error.json", "\"error\": 5", "\"error\": 0"), both[32768];

	snprintf(both, sizeof(both), "%s\n%s\n", text, text);
	assert_int_equal(importtest_text(t, "in", both, NULL), 0);
	assert_int_equal(t->result.steps, 1);
}

static void damaged_results_are_refused(void **state)
{
	static const struct {
		const char *fixture, *from, *to, *words;
	} bad[] = {
		{"fio-curve.json", "\"iops\": 30000.0", "\"iops\": -30000.0",
		 "job 'qd4', read.iops is negative"},
		{"fio-curve.json", "\"iops\": 30000.0", "\"iops\": 1e300", "impossibly large"},
		{"fio-curve.json", "\"iops\": 30000.0", "\"iops\": \"many\"", "no number"},
		{"fio-curve.json", "\"iops\": 30000.0", "\"iops\": nan", "line"},
		{"fio-plus.json", "\"97792\"", "\"x\"", "no bin of a histogram"},
		{"fio-curve.json", "fio-3.33", "fio-2.21", "run fio 3"},
		{"fio-curve.json", "\"jobs\": [", "\"jobs\": [], \"others\": [", "no jobs"},
	};
	struct importtest *t = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		importtest_refused(
			t, importtest_text(t, "in", altered(bad[i].fixture, bad[i].from, bad[i].to), NULL),
			bad[i].words);
}

static void truncated_json_is_named_by_line_and_column(void **state)
{
	struct importtest *t = *state;
	char *text = altered("fio-plus.json", "\"fio version\"", "\"fio version\"");

	text[300] = '\0';
	importtest_refused(t, importtest_text(t, "in", text, NULL), "line 1");
	assert_non_null(strstr(t->err.msg, "column"));
	assert_non_null(strstr(t->err.msg, "/in: not whole JSON"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(groups_become_steps_of_a_curve, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(json_plus_pools_jobs_and_directions, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(quantiles_of_several_jobs_are_not_made_up, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(group_reporting_multiplies_the_depth, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(a_synchronous_engine_has_one_io_in_flight, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(an_error_fails_the_step, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(a_job_without_io_is_a_step_that_is_not_valid,
						importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(several_files_are_several_steps, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(a_recording_beside_fio_gives_host_tables_only,
						importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(the_last_of_several_results_is_taken, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(damaged_results_are_refused, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(truncated_json_is_named_by_line_and_column, importtest_setup,
						importtest_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
