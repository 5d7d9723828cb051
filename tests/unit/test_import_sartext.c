/* Unit tests of engine/import/sartext.c: lines of sadf -d and of sar. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/importtest.h"

#define DISKS "# hostname;interval;timestamp;DEV;tps;rkB/s;wkB/s;await\n"
#define SAR "Linux 6.12.0 (h) \t2026-11-23 \t_x86_64_\t(2 CPU)\n\n"

static void lines_that_cannot_be_used_stop_it_or_are_counted(void **state)
{
	static const struct pb_import_opts lenient = {.lenient = true};
	static const char *const bad[][2] = {
		{"h;2;2026-11-23 18:20:04 UTC;sda;x;0;0;1\n", "column tps: 'x' is not a number"},
		{"h;2;2026-11-23 18:20:04 UTC;sda;-3;0;0;1\n", "negative"},
		{"h;2;2026-11-23 18:20:02 UTC;sda;5;0;0;1\n", "the clock stands still or goes back"},
		{"h;2;yesterday;sda;5;0;0;1\n", "'yesterday' is no time"},
		{"h;2;2026-11-23 18:20:04 UTC;sda;5\n", "5 cells where the heading names 8"},
	};
	struct importtest *t = *state;
	char text[1024];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s%s%s%s", DISKS,
			 "h;2;2026-11-23 18:20:00 UTC;sda;5;0;0;1\nh;2;2026-11-23 18:20:02 UTC;sda;5;0;0;1\n",
			 bad[i][0], "h;2;2026-11-23 18:20:06 UTC;sda;5,0;0;0;1\n");
		importtest_refused(t, importtest_text(t, "in", text, NULL), bad[i][1]);
		assert_non_null(strstr(t->err.msg, "in:4: "));
		assert_int_equal(importtest_text(t, "in", text, &lenient), 0);
		assert_int_equal(t->result.skipped, 1);
		assert_near(importtest_num(t, "steps.csv", 0, "completed"), 30);
		importtest_fini(t);
		importtest_init(t);
	}
}

static void horizontal_output_is_refused_with_what_to_do(void **state)
{
	struct importtest *t = *state;

	importtest_refused(
		t,
		importtest_text(t, "in", "# hostname;interval;timestamp;DEV;tps;await[...]\nh;1;x;sda;1;1\n",
				NULL),
		"without -h");
}

static void only_the_sum_of_cpus_is_told(void **state)
{
	struct importtest *t = *state;
	json_t *m;

	assert_int_equal(
		importtest_text(
			t, "in",
			"# hostname;interval;timestamp;CPU;%user;%idle\nh;2;1795458000;-1;5;95\n" DISKS
			"h;2;1795458000;sda;5;0;0;1\nh;2;1795458002;sda;5;0;0;1\n",
			NULL),
		0);
	m = importtest_manifest(t);
	assert_non_null(
		strstr(json_string_value(json_array_get(json_object_get(m, "warnings"), 0)), "-P ALL"));
	json_decref(m);
}

static void sar_repeats_headings_and_counts_to_twenty_four(void **state)
{
	struct importtest *t = *state;

	assert_int_equal(
		importtest_text(t, "in",
				SAR "23:59:56  DEV  tps  await  %util\n23:59:58  sda  5,00  1,00  10,00\n"
				    "\n23:59:58  DEV  tps  await  %util\n00:00:00  sda  5,00  1,00  10,00\n"
				    "00:00:02  sda  5,00  1,00  10,00\nAverage:  sda  5,00  1,00  10,00\n",
				NULL),
		0);
	assert_near(importtest_num(t, "steps.csv", 0, "completed"), 20);
	assert_near(importtest_num(t, "steps.csv", 0, "t_end_ns"), 1795478402e9);
}

static void a_restart_is_no_row(void **state)
{
	struct importtest *t = *state;

	assert_int_equal(
		importtest_text(t, "in",
				SAR
				"10:00:00  DEV  tps  await  %util\n10:00:02  sda  5  1  1\n"
				"10:00:03       LINUX RESTART\t(2 CPU)\n\n10:00:04  DEV  tps  await  %util\n"
				"10:00:06  sda  5  1  1\n",
				NULL),
		0);
	assert_near(importtest_num(t, "steps.csv", 0, "completed"), 20);
}

static void text_that_is_not_sars_is_refused(void **state)
{
	static const char *const bad[][2] = {
		{"Linux 6.12.0 (h) \tyesterday \t_x86_64_\t(2 CPU)\n", "in:1: the heading has no date"},
		{SAR "10:00:00  DEV  tps  await\nten o'clock  sda  5  1\n", "in:4: 'ten' is no time"},
		{SAR "10:00:00\n", "in:3: '10:00:00' is a line that ends behind its time"},
		{SAR "10:00:00  DEV  tps  await\n10:00:02  sda  5\n",
		 "in:4: 2 cells where the heading names 3"},
	};
	struct importtest *t = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		importtest_refused(t, importtest_text(t, "in", bad[i][0], NULL), bad[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_that_cannot_be_used_stop_it_or_are_counted,
						importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(horizontal_output_is_refused_with_what_to_do,
						importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(only_the_sum_of_cpus_is_told, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(sar_repeats_headings_and_counts_to_twenty_four,
						importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(a_restart_is_no_row, importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(text_that_is_not_sars_is_refused, importtest_setup,
						importtest_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
