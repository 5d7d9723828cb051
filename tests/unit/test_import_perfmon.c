/* Unit tests of engine/import/perfmon.c: Windows' and Hyper-V's counters, separators and encodings. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/importtest.h"

/* Eight samples over 35.049 s; 10% user, 20% privileged of which 3% interrupts and 2% DPCs. */
static void check_host(struct importtest *t)
{
	double s = 35.049e9;

	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "1", "user_ns"), s * 0.10);
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "1", "system_ns"), s * 0.15);
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "1", "irq_ns"), s * 0.03);
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "1", "softirq_ns"), s * 0.02);
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "1", "idle_ns"), s * 0.70);
	assert_near(importtest_last(t, "host/block.csv", "block", "1 D:", "io_ns"), s * 0.97);
	assert_near(importtest_last(t, "host/block.csv", "block", "1 D:", "queue_ns"), s * 5);
	/* 1,500 reads of 2 ms and 500 writes of 4 ms */
	assert_near(importtest_num(t, "steps.csv", 0, "lat_mean_ns"), 2.5e6);
	assert_near(importtest_num(t, "steps.csv", 0, "depth"), 5);
	assert_near(importtest_num(t, "steps.csv", 0, "bw_bytes_s"), 2000 * 8192.0);
	/* 19:20 an hour east of Greenwich */
	assert_near(importtest_num(t, "steps.csv", 0, "t_ns"), 1795458000e9);
	/* the first sample was blank: that is no row of zeros but the start of the counters */
	assert_near(importtest_num(t, "host/cpu.csv", 0, "user_ns"), 0);
}

static void counters_of_windows(void **state)
{
	assert_int_equal(importtest_file(*state, FIXTURES "perfmon.csv", NULL), 0);
	check_host(*state);
}

static void commas_as_decimal_points_change_nothing(void **state)
{
	assert_int_equal(importtest_file(*state, FIXTURES "perfmon-comma.csv", NULL), 0);
	check_host(*state);
}

static void counters_of_hyper_v_come_first(void **state)
{
	struct importtest *t = *state;
	double s = 35.049e9;
	json_t *m;

	assert_int_equal(importtest_file(t, FIXTURES "perfmon-hyperv-utf16.csv", NULL), 0);
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "1", "idle_ns"), s * 0.46);
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "1", "system_ns"), s * 0.04);
	assert_near(importtest_last(t, "host/threads.csv", "role", "vcpu0", "guest_ns"), s * 0.40);
	m = importtest_manifest(t);
	assert_string_equal(
		pb_json_str(json_array_get(json_object_get(json_object_get(m, "origin"), "files"), 0),
			    "encoding", ""),
		"UTF-16LE");
	json_decref(m);
}

#define HEAD "\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\h\\PhysicalDisk(0)\\Disk Transfers/sec\""

static void processors_of_groups_have_numbers_of_their_own(void **state)
{
	struct importtest *t = *state;

	assert_int_equal(importtest_text(t, "in",
					 HEAD ",\"\\\\h\\Processor Information(0,_Total)\\% Processor Time\","
					      "\"\\\\h\\Processor Information(0,3)\\% Processor Time\","
					      "\"\\\\h\\Processor Information(1,2)\\% Processor Time\"\n"
					      "\"11/23/2026 18:20:00\",\"5\",\"1\",\"10\",\"20\"\n"
					      "\"11/23/2026 18:20:10\",\"5\",\"1\",\"10\",\"101\"\n",
					 NULL),
			 0);
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "3", "idle_ns"), 9e9);
	/* a CPU that was 101% busy was not idle for less than no time */
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "66", "idle_ns"), 0);
	assert_near(importtest_num(t, "steps.csv", 0, "completed"), 50);
}

static void several_disks_need_a_name(void **state)
{
	struct importtest *t = *state;
	const char *text = HEAD ",\"\\\\h\\PhysicalDisk(1 D:)\\Disk Transfers/sec\"\n"
				"\"11/23/2026 18:20:00\",\"5\",\"7\"\n\"11/23/2026 18:20:10\",\"5\",\"7\"\n";
	const struct pb_import_opts o = {.disk = "1 D:"};

	importtest_refused(t, importtest_text(t, "in", text, NULL), "several disks had I/O ('0', '1 D:')");
	assert_int_equal(importtest_text(t, "in", text, &o), 0);
	assert_near(importtest_num(t, "steps.csv", 0, "iops"), 7);
}

/* A German Windows: counters with German names cannot be told; that is said. */
static void counters_must_have_english_names(void **state)
{
	struct importtest *t = *state;
	const struct pb_import_opts o = {.format = "perfmon"};

	importtest_refused(
		t,
		importtest_text(
			t, "in",
			"\"(PDH-CSV 4.0) (Mitteleurop\xe4ische Zeit)(-60)\";"
			"\"\\\\h\\Prozessor(0)\\Prozessorzeit (%)\"\r\n\"11/23/2026 18:20:00\";\"5,1\"\r\n",
			&o),
		"English names");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counters_of_windows, importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(commas_as_decimal_points_change_nothing, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(counters_of_hyper_v_come_first, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(processors_of_groups_have_numbers_of_their_own,
						importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(several_disks_need_a_name, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(counters_must_have_english_names, importtest_setup,
						importtest_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
