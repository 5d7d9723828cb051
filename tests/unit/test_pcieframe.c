/* Unit tests of engine/lib/pcieframe.c: numbers by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/lib/pcieframe.h"

/* One read of 4 KiB at MPS 256: 16 writes of 24 + 256, an entry fetched (24 up, 84 down) and one written
 * (40). */
static void test_one_read(void **state)
{
	struct pb_pcie_payload p = {.read_bytes = 4096, .commands = 1};
	struct pb_pcie_wire w;

	(void)state;
	assert_int_equal(pb_pcie_frame(&p, 256, 512, &w), 0);
	assert_int_equal(w.to_host_bytes, 16 * (24 + 256) + 24 + 40);
	assert_int_equal(w.to_device_bytes, 84);
}

/* One write of 4 KiB: 8 requests of 512 up, 16 completions of 20 + 256 down. */
static void test_one_write(void **state)
{
	struct pb_pcie_payload p = {.write_bytes = 4096, .commands = 1};
	struct pb_pcie_wire w;

	(void)state;
	assert_int_equal(pb_pcie_frame(&p, 256, 512, &w), 0);
	assert_int_equal(w.to_host_bytes, 8 * 24 + 24 + 40);
	assert_int_equal(w.to_device_bytes, 16 * (20 + 256) + 84);
}

/* The published share of a link that payload can have: 256 / 280 for large reads at MPS 256. */
static void test_share(void **state)
{
	struct pb_pcie_payload p = {.read_bytes = INT64_C(1) << 40};
	struct pb_pcie_wire w;

	(void)state;
	assert_int_equal(pb_pcie_frame(&p, 256, 512, &w), 0);
	assert_true(w.to_host_bytes == (INT64_C(1) << 40) / 256 * 280);
	assert_int_equal(w.to_device_bytes, 0);
}

static void test_impossible(void **state)
{
	struct pb_pcie_payload p = {0};
	struct pb_pcie_wire w;

	(void)state;
	assert_int_equal(pb_pcie_frame(&p, 256, 512, &w), 0);
	assert_int_equal(w.to_host_bytes, 0);
	assert_int_equal(pb_pcie_frame(&p, 0, 512, &w), -EINVAL);
	assert_int_equal(pb_pcie_frame(&p, 256, INT64_MIN, &w), -EINVAL);
	p.read_bytes = -1;
	assert_int_equal(pb_pcie_frame(&p, 256, 512, &w), -EINVAL);
	p.read_bytes = INT64_MAX;
	assert_int_equal(pb_pcie_frame(&p, 256, 512, &w), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_read),
		cmocka_unit_test(test_one_write),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_impossible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
