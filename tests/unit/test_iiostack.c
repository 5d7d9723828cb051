/* Unit tests of engine/collectors/iiostack.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/collectors/iiostack.h"
#include "engine/lib/csv.h"
#include "tests/unit/fakepmu.h"

static void test_place(void **state)
{
	struct pb_iio_place p;
	struct faketree f;

	(void)state;
	fake_make(&f);
	fakepmu_disk(&f, "97");
	fakepmu_iio(&f, "uncore_iio_0", "40\n");
	fakepmu_put(&f, "uncore_iio_0", "die0", "0000:00\n");
	fakepmu_put(&f, "uncore_iio_0", "die1", "0000:80\n");
	fakepmu_iio(&f, "uncore_iio_4", "44\n");
	fakepmu_put(&f, "uncore_iio_4", "die0", "0000:16\n");
	fakepmu_put(&f, "uncore_iio_4", "die1", "0000:97\n");
	pb_iio_place_find(&f.root, "0000:98:00.0", &p);
	assert_true(p.known);
	assert_int_equal(p.stack, 4);
	assert_int_equal(p.die, 1);
	assert_int_equal(pb_iio_place_is(&p, "uncore_iio_4", 1), 1);
	assert_int_equal(pb_iio_place_is(&p, "uncore_iio_4", 0), 0);
	assert_int_equal(pb_iio_place_is(&p, "uncore_iio_free_running_4", 1), 1);
	assert_int_equal(pb_iio_place_is(&p, "uncore_iio_0", 1), 0);
	assert_true(pb_iio_place_is(&p, "amd_df", 0) == PB_NA);
	fake_remove(&f);
}

/* Behind a VMD controller the disk's own domain is not the processor's. */
static void test_vmd(void **state)
{
	struct pb_iio_place p;
	struct faketree f;

	(void)state;
	fake_make(&f);
	fake_put(&f, "sys/devices/pci0000:64/0000:64:00.5/pci10000:00/10000:00:02.0/10000:01:00.0/class",
		 "0x010802\n");
	fake_link(&f, "../../../devices/pci0000:64/0000:64:00.5/pci10000:00/10000:00:02.0/10000:01:00.0",
		  "sys/bus/pci/devices/10000:01:00.0");
	fakepmu_put(&f, "uncore_iio_2", "die0", "0000:64\n");
	pb_iio_place_find(&f.root, "10000:01:00.0", &p);
	assert_true(p.known);
	assert_int_equal(p.stack, 2);
	fake_remove(&f);
}

/* Sapphire Rapids has no map; neither has a text that is none. */
static void test_not_known(void **state)
{
	struct pb_iio_place p;
	struct faketree f;

	(void)state;
	fake_make(&f);
	fakepmu_disk(&f, "97");
	fakepmu_iio(&f, "uncore_iio_4", "44\n");
	pb_iio_place_find(&f.root, "0000:98:00.0", &p);
	assert_false(p.known);
	assert_true(pb_iio_place_is(&p, "uncore_iio_4", 1) == PB_NA);
	fakepmu_put(&f, "uncore_iio_4", "die1", "bus 97\n");
	pb_iio_place_find(&f.root, "0000:98:00.0", &p);
	assert_false(p.known);
	pb_iio_place_find(&f.root, NULL, &p);
	assert_false(p.known);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_vmd),
		cmocka_unit_test(test_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
