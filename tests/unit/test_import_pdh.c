/* Unit tests of engine/import/pdh.c: rows of PDH-CSV that can and that cannot be used. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/importtest.h"

#define HEAD                                                                                                 \
	"\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\h\\PhysicalDisk(0 C:)\\Disk Reads/sec\",\"\\\\h\\PhysicalDisk(0 "  \
	"C:)\\Disk Writes/sec\"\n"
#define ROW(s, r, w) "\"11/23/2026 18:20:" s "\",\"" r "\",\"" w "\"\n"

static const struct pb_import_opts lenient = {.lenient = true};

static void rates_become_counters(void **state)
{
	struct importtest *t = *state;

	/* the first row's rates are of a time that nobody knows */
	assert_int_equal(importtest_text(t, "in",
					 HEAD ROW("00", "999", "999") ROW("02", "100", "50")
						 ROW("06", "200", "0"),
					 NULL),
			 0);
	assert_near(importtest_num(t, "host/block.csv", 0, "reads"), 0);
	assert_near(importtest_num(t, "host/block.csv", 1, "reads"), 200);
	assert_near(importtest_num(t, "host/block.csv", 2, "reads"), 1000);
	assert_near(importtest_num(t, "host/block.csv", 2, "writes"), 100);
	assert_near(importtest_num(t, "steps.csv", 0, "completed"), 1100);
	assert_near(importtest_num(t, "steps.csv", 0, "iops"), 1100 / 6.0);
	assert_near(importtest_num(t, "steps.csv", 0, "t_ns"), 1795458000e9);
	/* neither latency nor bytes were recorded */
	assert_true(isnan(importtest_num(t, "host/block.csv", 2, "read_ns")));
	assert_true(isnan(importtest_num(t, "steps.csv", 0, "bytes")));
	assert_true(isnan(importtest_num(t, "steps.csv", 0, "failed")));
}

static void a_missing_cell_is_empty_and_its_time_is_counted_later(void **state)
{
	struct importtest *t = *state;

	assert_int_equal(importtest_text(t, "in",
					 HEAD ROW("00", "1", "1") ROW("02", " ", "50") ROW("04", "100", "50"),
					 NULL),
			 0);
	assert_true(isnan(importtest_num(t, "host/block.csv", 1, "reads")));
	assert_near(importtest_num(t, "host/block.csv", 1, "writes"), 100);
	assert_near(importtest_num(t, "host/block.csv", 2, "reads"), 400);
}

static void lines_that_cannot_be_used_stop_it_or_are_counted(void **state)
{
	static const char *const bad[][2] = {
		{ROW("04", "x", "1"), "in:4: column 2 (Disk Reads/sec): 'x' is not a number"},
		{ROW("04", "-5", "1"), "is negative"},
		{ROW("04", "1e99", "1"), "larger"},
		{ROW("01", "1", "1"), "the clock stands still or goes back"},
		{ROW("02", "1", "1"), "stands still or goes back"},
		{ROW("64", "1", "1"), "is no time"},
		{"\"11/23/2026 18:20:04\",\"1\"\n", "2 cells where the header names 3"},
		{"\"11/23/2026 18:20:04\",\"1\",\"2\",\"3\"\n", "4 cells"},
		{"\"11/23/2026 18:20:04\",\"1\"x,\"2\"\n", "in:4: not CSV"},
	};
	struct importtest *t = *state;
	char text[2048];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s%s%s%s%s", HEAD, ROW("00", "1", "1"), ROW("02", "1", "1"),
			 bad[i][0], ROW("06", "100", "100"));
		importtest_refused(t, importtest_text(t, "in", text, NULL), bad[i][1]);
		assert_non_null(strstr(t->err.msg, "in:4: "));
		assert_non_null(strstr(t->err.msg, "--lenient"));
		assert_int_equal(importtest_text(t, "in", text, &lenient), 0);
		assert_int_equal(t->result.skipped, 1);
		assert_near(importtest_num(t, "host/block.csv", 2, "reads"), 402);
		importtest_fini(t);
		importtest_init(t);
	}
}

static void what_was_left_out_is_in_the_manifest(void **state)
{
	struct importtest *t = *state;
	json_t *m;

	assert_int_equal(importtest_text(t, "in",
					 HEAD ROW("00", "1", "1") ROW("02", "x", "1") ROW("04", "1", "1"),
					 &lenient),
			 0);
	m = importtest_manifest(t);
	assert_int_equal(pb_json_i64(json_object_get(m, "origin"), "skipped_lines", 0), 1);
	assert_non_null(
		strstr(json_string_value(json_array_get(json_object_get(m, "warnings"), 0)), "1 lines"));
	assert_non_null(
		strstr(json_string_value(json_array_get(json_object_get(m, "warnings"), 1)), "in:3:"));
	json_decref(m);
}

static void a_cell_may_hold_line_ends(void **state)
{
	struct importtest *t = *state;
	const char *head = "\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\h\\PhysicalDisk(0\nC:)\\Disk Reads/sec\"\n";
	char text[512];

	snprintf(text, sizeof(text), "%s%s", head,
		 "\"11/23/2026 18:20:00\",\"1\"\n\"11/23/2026 18:20:02\",\"5\"\n\"11/23/2026 "
		 "18:20:04\",\"y\"\n");
	importtest_refused(t, importtest_text(t, "in", text, NULL), "in:5:");
	assert_int_equal(importtest_text(t, "in", text, &lenient), 0);
	assert_near(importtest_last(t, "host/block.csv", "block", "0\nC:", "reads"), 10);
}

static void headers_that_cannot_be_used_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{"\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\h\\Processor(0)\\% Frobs\"\n",
		 "none of its 1 columns is known"},
		{"\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\h\\PhysicalDisk(0)\\Disk "
		 "Reads/sec\",\"\\\\h\\PhysicalDisk(0)\\Disk "
		 "Reads/sec\"\n",
		 "two columns are named"},
		{HEAD ROW("00", "1", "1"), "1 samples"},
		{HEAD, "0 samples"},
		{"\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\h\\PhysicalDisk(0", "no CSV"},
	};
	static const struct pb_import_opts perfmon = {.format = "perfmon"};
	struct importtest *t = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		importtest_refused(t, importtest_text(t, "in", bad[i][0], &perfmon), bad[i][1]);
	importtest_refused(t, importtest_text(t, "in", "a,b\n1,2\n", &perfmon), "is not (PDH-CSV 4.0)");
}

static void typeperf_says_good_bye_and_no_zone(void **state)
{
	struct importtest *t = *state;
	json_t *m;

	assert_int_equal(
		importtest_text(t, "in",
				"\"(PDH-CSV 4.0)\",\"\\\\h\\PhysicalDisk(0)\\Disk Reads/sec\"\r\n"
				"\"11/23/2026 18:20:00.001\",\"1\"\r\n\"11/23/2026 18:20:02.001\",\"1\"\r\n"
				"Exiting, please wait...                         \r\n"
				"The command completed successfully.\r\n\r\n",
				NULL),
		0);
	m = importtest_manifest(t);
	assert_non_null(strstr(json_string_value(json_array_get(json_object_get(m, "warnings"), 0)),
			       "names no time zone"));
	json_decref(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rates_become_counters, importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(a_missing_cell_is_empty_and_its_time_is_counted_later,
						importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(lines_that_cannot_be_used_stop_it_or_are_counted,
						importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(what_was_left_out_is_in_the_manifest, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(a_cell_may_hold_line_ends, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(headers_that_cannot_be_used_are_refused, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(typeperf_says_good_bye_and_no_zone, importtest_setup,
						importtest_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
