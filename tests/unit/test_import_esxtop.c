/* Unit tests of engine/import/esxtop.c: which of esxtop's counters are which of ours. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/importtest.h"

/* Twelve samples, two seconds apart; CPU 0 is 40% busy; 3,000 reads and 1,000 writes a second of 2 ms each.
 */
static void a_recording_becomes_host_tables_and_a_step(void **state)
{
	struct importtest *t = *state;
	json_t *m;

	assert_int_equal(importtest_file(t, FIXTURES "esxtop.csv", NULL), 0);
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "0", "idle_ns"), 22e9 * 0.6);
	assert_near(importtest_last(t, "host/cpu.csv", "cpu", "3", "idle_ns"), 22e9 * 0.9);
	assert_true(isnan(importtest_last(t, "host/cpu.csv", "cpu", "0", "user_ns")));
	assert_true(isnan(importtest_last(t, "host/cpu.csv", "cpu", "0", "iowait_ns")));
	assert_near(importtest_last(t, "host/threads.csv", "role", "vcpu1", "run_ns"), 22e9 * 0.3);
	assert_near(importtest_last(t, "host/threads.csv", "role", "vcpu1", "wait_ns"), 22e9 * 0.02);
	assert_near(importtest_last(t, "host/block.csv", "block", "naa.600508b1001c4d2e", "writes"), 22000);
	assert_near(importtest_last(t, "host/block.csv", "block", "naa.600508b1001c4d2e", "write_ns"),
		    22000 * 2e6);
	assert_near(importtest_last(t, "host/block.csv", "block", "naa.600508b1001c4d2e", "inflight"), 8);
	assert_near(importtest_num(t, "steps.csv", 0, "depth"), 8);
	assert_near(importtest_num(t, "steps.csv", 0, "lat_mean_ns"), 2e6);
	assert_near(importtest_num(t, "steps.csv", 0, "failed"), 0);
	assert_true(isnan(importtest_num(t, "steps.csv", 0, "lat_p99_ns")));
	assert_true(isnan(importtest_num(t, "steps.csv", 0, "mean_depth")));
	m = importtest_manifest(t);
	assert_string_equal(pb_json_str(json_object_get(m, "guest"), "vm", ""), "db01");
	assert_string_equal(pb_json_str(json_object_get(m, "host"), "name", ""), "esx01.lab");
	assert_int_equal(pb_json_i64(json_object_get(m, "host"), "cpus", 0), 4);
	assert_int_equal(pb_json_i64(json_object_get(m, "sampling"), "interval_ns", 0), 2000000000);
	assert_string_equal(pb_json_str(json_object_get(m, "disk"), "path", ""), "recorded");
	json_decref(m);
}

static void a_disk_that_is_named_is_the_only_one_kept(void **state)
{
	const struct pb_import_opts o = {.disk = "naa.600508b1001c4d2e"};
	struct importtest *t = *state;
	struct pb_table *block;

	assert_int_equal(importtest_file(t, FIXTURES "esxtop.csv", &o), 0);
	block = importtest_table(t, "host/block.csv");
	assert_int_equal(pb_table_rows(block), 12);
	assert_string_equal(pb_table_str(block, 0, pb_table_col(block, "role")), "disk");
	pb_table_free(block);
}

static void a_virtual_disk_can_be_named_too(void **state)
{
	const struct pb_import_opts o = {.disk = "db01:scsi0:1"};
	struct importtest *t = *state;

	/* it had no reads in this recording: a step, and not a valid one */
	assert_int_equal(importtest_file(t, FIXTURES "esxtop.csv", &o), 0);
	assert_near(importtest_num(t, "steps.csv", 0, "valid"), 0);
}

static void a_disk_that_is_not_there_is_refused_with_those_that_are(void **state)
{
	const struct pb_import_opts o = {.disk = "naa.other"};
	struct importtest *t = *state;

	importtest_refused(t, importtest_file(t, FIXTURES "esxtop.csv", &o), "no disk is named 'naa.other'");
	assert_non_null(strstr(t->err.msg, "'t10.ATA_boot'"));
}

#define HEAD "\"(PDH-CSV 4.0) (UTC)(0)\""
#define COL(o) ",\"\\\\h\\" o "\""

static void vcpus_of_several_machines_are_left_out(void **state)
{
	struct importtest *t = *state;
	json_t *m;

	assert_int_equal(
		importtest_text(
			t, "in",
			HEAD COL("Vcpu(1:vm one:11:vmx-vcpu-0:vm one)\\% Run") COL(
				"Vcpu(2:two:21:vmm0:two)\\% Run") COL("Vcpu(3:idle:31:idle0)\\% Run")
				COL("Physical Disk SCSI Device(d)\\Reads/sec") COL(
					"Physical Disk SCSI Device(d)\\Writes/sec") "\n"
										    "\"11/23/2026 "
										    "18:20:00\",\"1\",\"2\","
										    "\"3\",\"4\",\"5\"\n"
										    "\"11/23/2026 "
										    "18:20:02\",\"1\",\"2\","
										    "\"3\",\"4\",\"5\"\n",
			NULL),
		0);
	m = importtest_manifest(t);
	assert_non_null(strstr(json_string_value(json_array_get(json_object_get(m, "warnings"), 0)),
			       "several virtual machines"));
	json_decref(m);
	assert_int_equal(t->result.host_rows, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_recording_becomes_host_tables_and_a_step, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(a_disk_that_is_named_is_the_only_one_kept, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(a_virtual_disk_can_be_named_too, importtest_setup,
						importtest_teardown),
		cmocka_unit_test_setup_teardown(a_disk_that_is_not_there_is_refused_with_those_that_are,
						importtest_setup, importtest_teardown),
		cmocka_unit_test_setup_teardown(vcpus_of_several_machines_are_left_out, importtest_setup,
						importtest_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
