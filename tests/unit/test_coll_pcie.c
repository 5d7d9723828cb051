/* Unit tests of engine/collectors/pcie.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

#define PORT "sys/devices/pci0000:40/0000:40:01.0"
#define DISK PORT "/0000:41:00.0"

static void put_machine(struct faketree *f)
{
	fake_put(f, PORT "/class", "0x060400\n");
	fake_put(f, PORT "/current_link_width", "4\n");
	fake_put(f, DISK "/class", "0x010802\n");
	fake_put(f, DISK "/current_link_speed", "2.5 GT/s PCIe\n");
	fake_put(f, DISK "/current_link_width", "4\n");
	fake_put(f, DISK "/numa_node", "0\n");
	fake_put(f, DISK "/aer_dev_nonfatal", "X 1\nTOTAL_ERR_NONFATAL 1\n");
	fake_link(f, "../../../devices/pci0000:40/0000:40:01.0", "sys/bus/pci/devices/0000:40:01.0");
	fake_link(f, "../../../devices/pci0000:40/0000:40:01.0/0000:41:00.0",
		  "sys/bus/pci/devices/0000:41:00.0");
}

static void test_hops(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	collrun_start(&r, &pb_coll_pcie, &t);
	assert_int_equal(collrun_sample(&r, 1), 2);
	assert_string_equal(collrun_str(&r, 0, "bdf"), "0000:41:00.0");
	assert_string_equal(collrun_str(&r, 0, "kind"), "endpoint");
	assert_int_equal(collrun_i64(&r, 0, "link_speed_gts"), 2500); /* thousandths in memory */
	assert_int_equal(collrun_i64(&r, 0, "numa_node"), 0);
	assert_int_equal(collrun_i64(&r, 0, "aer_nonfatal"), 1);
	assert_true(collrun_i64(&r, 0, "aer_fatal") == PB_NA);
	assert_null(collrun_str(&r, 0, "driver"));
	assert_string_equal(collrun_str(&r, 1, "kind"), "root-port");
	assert_int_equal(collrun_i64(&r, 1, "hop"), 1);
	assert_true(collrun_i64(&r, 1, "link_speed_gts") == PB_NA);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_link_that_retrains(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	collrun_start(&r, &pb_coll_pcie, &t);
	collrun_sample(&r, 1);
	fake_put(&f, DISK "/current_link_width", "1\n");
	fake_put(&f, DISK "/aer_dev_nonfatal", "X 5\nTOTAL_ERR_NONFATAL 5\n");
	collrun_sample(&r, 2);
	assert_int_equal(collrun_i64(&r, 0, "link_width"), 1);
	assert_int_equal(collrun_i64(&r, 0, "aer_nonfatal"), 5);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_unavailable(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	char why[256] = "";

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_coll_pcie.probe(&t, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "no disk"));
	t.bdf = "0000:41:00.0";
	assert_int_equal(pb_coll_pcie.probe(&t, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "0000:41:00.0"));
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_link_that_retrains),
		cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
