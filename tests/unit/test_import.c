/* Unit tests of engine/import/import.c, importers.c, recording.c and origin.c: formats found, nothing left
 * behind. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/resource.h>

#include "engine/compare/metrics.h"
#include "engine/lib/rundir.h"
#include "tests/unit/importtest.h"

static const struct pb_importer *detected(struct importtest *t, const char *text)
{
	const struct pb_importer *found = NULL;
	struct pb_input *in = NULL;
	char path[96];

	tmpdir_write(&t->tmp, "in", text);
	snprintf(path, sizeof(path), "%s/in", t->tmp.path);
	t->err = (struct pb_err)PB_ERR_INIT;
	assert_int_equal(pb_input_open(&in, path, NULL, &t->err), 0);
	pb_importer_detect(&found, in, &t->err);
	pb_input_close(in);
	return found;
}

static void formats_are_found_by_their_beginning(void **state)
{
	struct importtest *t = *state;

	assert_ptr_equal(detected(t, "fio: a line\n{\n  \"fio version\" : \"fio-3.33\""), &pb_importer_fio);
	assert_ptr_equal(detected(t, "\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\h\\Physical Cpu(0)\\% Util Time\""),
			 &pb_importer_esxtop);
	assert_ptr_equal(detected(t, "\"(PDH-CSV 4.0)\";\"\\\\h\\PhysicalDisk(_Total)\\% Idle Time\""),
			 &pb_importer_perfmon);
	assert_ptr_equal(detected(t, "# hostname;interval;timestamp;CPU;%user"), &pb_importer_sar);
	assert_ptr_equal(detected(t, "{\"sysstat\": {"), &pb_importer_sar);
	assert_ptr_equal(detected(t, "Linux 6.1 (h) 11/23/26 _x86_64_ (2 CPU)"), &pb_importer_sar);
}

static void what_is_no_format_or_two_is_refused_with_a_list(void **state)
{
	struct importtest *t = *state;

	assert_null(detected(t, "hello\n"));
	assert_non_null(strstr(t->err.msg, "(esxtop, fio, perfmon, sar)"));
	assert_null(detected(t, "\"(PDH-CSV 4.0)\",\"\\\\h\\Physical Cpu(0)\\% Util "
				"Time\",\"\\\\h\\PhysicalDisk(0)\\% Idle Time\""));
	assert_non_null(strstr(t->err.msg, "may be any of esxtop, perfmon; say which with --format"));
	assert_null(detected(t, "\"(PDH-CSV 4.0)\",\"\\\\h\\Memory\\Available MBytes\""));
}

static void options_and_files_are_checked_first(void **state)
{
	const struct pb_import_opts o = {.format = "xentop"}, disk = {.disk = "sda"};
	char *two[] = {FIXTURES "esxtop.csv", FIXTURES "sadf.csv"};
	struct importtest *t = *state;

	importtest_refused(t, importtest_file(t, FIXTURES "sadf.csv", &o),
			   "known: esxtop, fio, perfmon, sar");
	importtest_refused(t, importtest_file(t, FIXTURES "fio-curve.json", &disk),
			   "none of the files is a recording");
	importtest_refused(t, importtest_file(t, FIXTURES "none.csv", NULL), "none.csv");
	importtest_refused(t, importtest_file(t, "tests/fixtures", NULL), "is a directory");
	importtest_refused(t, importtest_text(t, "empty", "", NULL), "is empty");
	importtest_refused(t, importtest_files(t, two, 2, NULL), "one run has one host");
	importtest_refused(t, importtest_files(t, two, 0, NULL), "name 1 to");
}

static void a_directory_with_something_in_it_stays_as_it_is(void **state)
{
	struct importtest *t = *state;

	tmpdir_mkdir(&t->tmp, "run");
	assert_int_equal(importtest_file(t, FIXTURES "sadf.csv", NULL), 0); /* empty: it is used */
	assert_true(importtest_file(t, FIXTURES "sadf.csv", NULL) < 0);
	assert_non_null(strstr(t->err.msg, "is not empty"));
	assert_true(pb_rundir_complete(t->out));
	tmpdir_write(&t->tmp, "file", "x");
	snprintf(t->out, sizeof(t->out), "%s/file", t->tmp.path);
	assert_true(importtest_file(t, FIXTURES "sadf.csv", NULL) < 0);
	assert_string_equal(tmpdir_read(&t->tmp, "file"), "x");
}

static void parents_of_the_directory_are_made(void **state)
{
	struct importtest *t = *state;

	snprintf(t->out, sizeof(t->out), "%s/a/b/run", t->tmp.path);
	assert_int_equal(importtest_file(t, FIXTURES "sadf.csv", NULL), 0);
	assert_true(pb_rundir_complete(t->out));
}

static int interrupted(void *arg, struct pb_err *err)
{
	int *left = arg;

	return --*left > 0 ? 0 : pb_fail(err, PB_INTERRUPTED, EINTR, "interrupted");
}

static void an_interrupt_leaves_nothing(void **state)
{
	struct importtest *t = *state;
	int left = 2;
	const struct pb_import_opts o = {.watch = {.arg = &left, .check = interrupted}};

	assert_true(importtest_file(t, FIXTURES "sadf.csv", &o) < 0);
	assert_int_equal(t->err.status, PB_INTERRUPTED);
	assert_false(tmpdir_exists(&t->tmp, "run"));
}

/* Two recordings of one tool, one after the other: two steps, and no time counted in between. */
static void files_of_one_tool_follow_each_other(void **state)
{
	struct importtest *t = *state;
	char first[160], second[160], *files[] = {first, second}, *wrong[] = {second, first};
	const char *head = "# hostname;interval;timestamp;DEV;tps;await\n";
	char text[512];

	snprintf(text, sizeof(text), "%sh;1;1000;sda;5;1000\nh;1;1010;sda;5;1000\n", head);
	tmpdir_write(&t->tmp, "first", text);
	snprintf(text, sizeof(text), "%sh;1;2000;sda;9;1000\nh;1;2010;sda;9;1000\n", head);
	tmpdir_write(&t->tmp, "second", text);
	snprintf(first, sizeof(first), "%s/first", t->tmp.path);
	snprintf(second, sizeof(second), "%s/second", t->tmp.path);
	assert_int_equal(importtest_files(t, files, 2, NULL), 0);
	assert_near(importtest_num(t, "steps.csv", 0, "depth"), 5);
	assert_near(importtest_num(t, "steps.csv", 1, "depth"), 9);
	assert_near(importtest_num(t, "steps.csv", 1, "completed"), 90);
	assert_near(importtest_num(t, "host/block.csv", 3, "queue_ns"), 140e9);
	/* in the other order the clock would go back */
	snprintf(t->out, sizeof(t->out), "%s/other", t->tmp.path);
	assert_true(importtest_files(t, wrong, 2, NULL) < 0);
	assert_non_null(strstr(t->err.msg, "first:2: the clock"));
}

static void steps_have_their_interval_from_batches(void **state)
{
	struct importtest *t = *state;

	assert_int_equal(importtest_file(t, FIXTURES "esxtop.csv", NULL), 0);
	assert_true(importtest_num(t, "steps.csv", 0, "iops_lo") < importtest_num(t, "steps.csv", 0, "iops"));
	assert_true(importtest_num(t, "steps.csv", 0, "iops_hi") > importtest_num(t, "steps.csv", 0, "iops"));
	assert_near(importtest_num(t, "steps.csv", 0, "batches"), 11);
}

static void no_io_is_told(void **state)
{
	struct importtest *t = *state;

	importtest_refused(
		t,
		importtest_text(t, "in",
				"# hostname;interval;timestamp;DEV;tps\nh;1;1000;sda;0\nh;1;1010;sda;0\n",
				NULL),
		"none of its disks had any I/O ('sda')");
}

/* Forty megabytes of it take no more memory than four would. */
static void memory_does_not_grow_with_the_file(void **state)
{
	struct importtest *t = *state;
	struct rusage before, after;
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/in", t->tmp.path);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "# hostname;interval;timestamp;DEV;tps;await;%%util;padding\n");
	for (int i = 0; i < 40000; i++)
		fprintf(f, "h;2;%d;sda;5;1;1;%01000d\n", 1000000 + 2 * i, i);
	assert_int_equal(fclose(f), 0);
	getrusage(RUSAGE_SELF, &before);
	assert_int_equal(importtest_file(t, path, NULL), 0);
	getrusage(RUSAGE_SELF, &after);
	assert_int_equal(t->result.host_rows, 40000);
	assert_true(after.ru_maxrss - before.ru_maxrss < 10 * 1024);
}

/* What compare and history make of it: CPU time per I/O from idle time alone. */
static void metrics_of_a_recording(void **state)
{
	struct importtest *t = *state;
	struct pb_metrics m = {0};
	double cpu = NAN;

	assert_int_equal(importtest_file(t, FIXTURES "esxtop.csv", NULL), 0);
	assert_int_equal(pb_metrics_read(&m, t->out, &t->err), 0);
	for (size_t i = 0; i < m.n; i++)
		if (strcmp(m.v[i].name, "cpu_us_per_io@8") == 0)
			cpu = m.v[i].value;
	/* 0.8 CPUs over 22 s; 88,240 I/Os */
	assert_near(cpu, 0.8e6 * 22 / 88240);
	pb_metrics_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(formats_are_found_by_their_beginning, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(what_is_no_format_or_two_is_refused_with_a_list,
						importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(options_and_files_are_checked_first, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(a_directory_with_something_in_it_stays_as_it_is,
						importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(parents_of_the_directory_are_made, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(an_interrupt_leaves_nothing, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(files_of_one_tool_follow_each_other, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(steps_have_their_interval_from_batches, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(no_io_is_told, importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(metrics_of_a_recording, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(memory_does_not_grow_with_the_file, importtest_setup,
						importtest_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
