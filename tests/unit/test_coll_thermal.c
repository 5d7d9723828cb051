/* Unit tests of engine/collectors/thermal.c: which sensors are read and which are left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

#define HWMON "sys/class/hwmon/"

static void put_machine(struct faketree *f)
{
	fake_put(f, HWMON "hwmon0/name", "nvme\n"); /* reading it would send the disk a command */
	fake_put(f, HWMON "hwmon0/temp1_input", "41850\n");
	fake_put(f, HWMON "hwmon1/name", "acpitz\n");
	fake_put(f, HWMON "hwmon1/temp1_input", "27800\n");
	fake_put(f, HWMON "hwmon2/name", "coretemp\n");
	fake_put(f, HWMON "hwmon2/temp1_input", "64000\n");
	fake_put(f, HWMON "hwmon2/temp1_label", "Package id 0\n");
	fake_put(f, HWMON "hwmon2/temp2_input", "61000\n");
	fake_put(f, HWMON "hwmon2/temp2_label", "Core 0\n");
	fake_put(f, HWMON "hwmon3/name", "k10temp\n");
	fake_put(f, HWMON "hwmon3/temp1_input", "-1500\n");
	fake_put(f, HWMON "hwmon3/temp1_label", "Tctl\n");
	fake_put(f, HWMON "hwmon3/temp3_input", "50125\n");
}

static void test_sensors(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	collrun_start(&r, &pb_coll_thermal, &t);
	assert_int_equal(collrun_sample(&r, 5), 3);
	assert_string_equal(collrun_str(&r, 0, "chip"), "coretemp");
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "label", "Package id 0"), "temp_c"), 64000);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "label", "Tctl"), "temp_c"), -1500);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "label", "temp3"), "temp_c"), 50125);
	fake_put(&f, HWMON "hwmon2/temp1_input", "hot\n");
	collrun_sample(&r, 6);
	assert_true(collrun_i64(&r, collrun_row(&r, "label", "Package id 0"), "temp_c") == PB_NA);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_unavailable(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	char why[128] = "";

	(void)state;
	fake_make(&f);
	fake_put(&f, HWMON "hwmon0/name", "nvme\n");
	fake_put(&f, HWMON "hwmon0/temp1_input", "41850\n");
	assert_int_equal(pb_coll_thermal.probe(&t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "coretemp"));
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sensors),
		cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
