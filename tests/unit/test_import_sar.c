/* Unit tests of engine/import/sar.c: sadf -j, and that all notations of sysstat give the same tables. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/importtest.h"

/* Eight samples, two seconds apart: 14 s. */
static void check(struct importtest *t, const char *file)
{
	double s = 14e9;

	assert_int_equal(importtest_file(t, file, NULL), 0);
	/* %usr 30 and 8% in guests, which /proc/stat and host/cpu.csv count as user time */
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "0", "user_ns"), s * 0.38);
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "0", "guest_ns"), s * 0.08);
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "0", "softirq_ns"), s * 0.02);
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "1", "idle_ns"), s * 0.73);
	assert_near(importtest_last(t, "host/block.csv", "block", "nvme0n1", "read_bytes"),
		    14 * 6000 * 1024.0);
	assert_near(importtest_last(t, "host/block.csv", "block", "nvme0n1", "queue_ns"), s * 4);
	assert_near(importtest_last(t, "host/block.csv", "block", "nvme0n1", "io_ns"), s * 0.99);
	/* sysstat does not tell reads from writes */
	assert_true(isnan(importtest_last(t, "host/block.csv", "block", "nvme0n1", "reads")));
	assert_near(importtest_num(t, "steps.csv", 0, "iops"), 2000);
	assert_near(importtest_num(t, "steps.csv", 0, "depth"), 4);
	assert_near(importtest_num(t, "steps.csv", 0, "lat_mean_ns"), 2e6);
	assert_near(importtest_num(t, "steps.csv", 0, "bytes"), 14 * 8000 * 1024.0);
}

static void sadf_json(void **state)
{
	struct importtest *t = *state;
	json_t *m;

	check(t, FIXTURES "sadf.json");
	assert_near(importtest_num(t, "steps.csv", 0, "t_ns"), 1795458000e9);
	m = importtest_manifest(t);
	assert_string_equal(pb_json_str(json_object_get(m, "host"), "kernel", ""), "6.12.0");
	assert_string_equal(pb_json_str(json_object_get(m, "host"), "name", ""), "kvm01");
	assert_int_equal(pb_json_i64(json_object_get(m, "host"), "cpus", 0), 2);
	json_decref(m);
}

static void sadf_lines(void **state)
{
	check(*state, FIXTURES "sadf.csv");
	assert_near(importtest_num(*state, "steps.csv", 0, "t_ns"), 1795458000e9);
}

/* Twelve hours, across midnight: 11/23 23:59:50 to 00:00:04. */
static void sar_text(void **state)
{
	check(*state, FIXTURES "sar.txt");
	assert_near(importtest_num(*state, "steps.csv", 0, "t_ns"), 1795478390e9);
	assert_near(importtest_num(*state, "steps.csv", 0, "t_end_ns"), 1795478404e9);
}

#define HOST(stats) "{\"sysstat\": {\"hosts\": [{\"nodename\": \"h\", \"statistics\": [" stats "]}]}}"
#define SAMPLE(s, tps)                                                                                       \
	"{\"timestamp\": {\"date\": \"2026-11-23\", \"time\": \"18:20:" s "\", \"utc\": 1}, \"disk\": "      \
	"[{\"disk-device\": \"sda\", \"tps\": " tps ", \"await\": 1}]}"

static void samples_that_cannot_be_are_refused_or_counted(void **state)
{
	static const struct pb_import_opts lenient = {.lenient = true};
	static const char *const bad[][2] = {
		{SAMPLE("04", "-1"), "sample 3: \"tps\" is -1"},
		{SAMPLE("04", "1e99"), "sample 3: \"tps\" is 1e+99"},
		{SAMPLE("01", "1"), "sample 3: the clock"},
		{SAMPLE("xx", "1"), "sample 3: '2026-11-23 18:20:xx' is no time"},
	};
	struct importtest *t = *state;
	char text[2048];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s%s,%s,%s,%s%s",
			 "{\"sysstat\": {\"hosts\": [{\"nodename\": \"h\", \"statistics\": [",
			 SAMPLE("00", "5"), SAMPLE("02", "5"), bad[i][0], SAMPLE("06", "5"), "]}]}}");
		importtest_refused(t, importtest_text(t, "in", text, NULL), bad[i][1]);
		assert_int_equal(importtest_text(t, "in", text, &lenient), 0);
		assert_int_equal(t->result.skipped, 1);
		assert_near(importtest_num(t, "steps.csv", 0, "completed"), 30);
		importtest_fini(t);
		importtest_init(t);
	}
}

static void json_that_is_not_sysstats_is_refused(void **state)
{
	static const struct pb_import_opts sar = {.format = "sar"};
	struct importtest *t = *state;

	importtest_refused(t, importtest_text(t, "in", "{\"sysstat\": {\"hosts\": []}}", NULL), "0 hosts");
	importtest_refused(t, importtest_text(t, "in", HOST(""), NULL), "no disk");
	importtest_refused(t, importtest_text(t, "in", "{\"sysstat\": {\"hosts\": [{", NULL),
			   "line 1, column");
	importtest_refused(t, importtest_text(t, "in", "hello\n", &sar), "neither of");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sadf_json, importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(sadf_lines, importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(sar_text, importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(samples_that_cannot_be_are_refused_or_counted,
						importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(json_that_is_not_sysstats_is_refused, importtest_setup,
						importtest_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
