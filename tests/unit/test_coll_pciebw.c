/* Unit tests of engine/collectors/pciebw.c: machines with the PMUs this one lacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/fakepmu.h"

#include "tests/unit/collrows.h"

static void test_ice_lake(void **state)
{
	struct fakepmu kernel = {.step = 1000};
	struct pb_perf_ops ops = fakepmu_ops(&kernel);
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:98:00.0", .perf = &ops};
	struct collrun r;
	size_t row;

	(void)state;
	fake_make(&f);
	fakepmu_disk(&f, "97");
	fakepmu_iio(&f, "uncore_iio_0", "40\n");
	fakepmu_put(&f, "uncore_iio_0", "die0", "0000:00\n");
	fakepmu_put(&f, "uncore_iio_0", "die1", "0000:97\n");
	fakepmu_iio(&f, "uncore_iio_1", "41\n");
	fakepmu_free_running(&f, "uncore_iio_free_running_0", "60\n");
	fakepmu_free_running(&f, "uncore_iio_free_running_1", "61\n");
	collrun_start(&r, &pb_coll_pciebw, &t);
	/* Only the disk's stack, on its die's CPU: 2 ports and 4 programmed events. */
	assert_int_equal(collrun_sample(&r, 7), 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(kernel.cpu[i], 32);
		assert_int_equal(collrun_i64(&r, i, "of_disk"), 1);
	}
	row = collrun_row(&r, "event", "bw_in_port1");
	assert_string_equal(collrun_str(&r, row, "direction"), "to-memory");
	assert_string_equal(collrun_str(&r, row, "source"), "iio-free-running");
	assert_int_equal(collrun_i64(&r, row, "port"), 1);
	assert_int_equal(collrun_i64(&r, row, "count"), 2000);
	assert_int_equal(collrun_i64(&r, row, "bytes"), 64000);
	row = collrun_row(&r, "event", "data_req_of_cpu.mem_read");
	assert_string_equal(collrun_str(&r, row, "direction"), "from-memory");
	assert_true(collrun_i64(&r, row, "port") == PB_NA);
	assert_int_equal(collrun_i64(&r, row, "bytes"), 4 * collrun_i64(&r, row, "count"));
	assert_true(kernel.attr[2].config == 0x00070ff000000483ULL); /* all eight parts */
	assert_true(collrun_has(&r, "direction", "mmio-read"));
	collrun_stop(&r);
	for (size_t i = 0; i < kernel.n; i++)
		assert_true(kernel.closed[i]);
	fake_remove(&f);
}

/* No map of the stacks (Sapphire Rapids): all are counted, of_disk stays empty. */
static void test_no_map(void **state)
{
	struct fakepmu kernel = {.step = 1, .multiplexed = true};
	struct pb_perf_ops ops = fakepmu_ops(&kernel);
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:98:00.0", .perf = &ops};
	struct collrun r;

	(void)state;
	fake_make(&f);
	fakepmu_disk(&f, "97");
	fakepmu_free_running(&f, "uncore_iio_free_running_0", "60\n");
	fakepmu_free_running(&f, "uncore_iio_free_running_1", "61\n");
	collrun_start(&r, &pb_coll_pciebw, &t);
	assert_int_equal(collrun_sample(&r, 7), 8); /* 2 stacks, 2 sockets, 2 ports */
	assert_true(collrun_i64(&r, 0, "of_disk") == PB_NA);
	assert_int_equal(collrun_i64(&r, 0, "enabled_ns"), 1000);
	assert_int_equal(collrun_i64(&r, 0, "running_ns"), 500);
	collrun_stop(&r);
	fake_remove(&f);
}

static void put_amd(struct faketree *f, const char *model)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: %s\n", model);
	fake_put(f, "proc/cpuinfo", text);
	fakepmu_put(f, "amd_df", "type", "12\n");
	fakepmu_put(f, "amd_df", "cpumask", "0\n");
	fakepmu_put(f, "amd_df", "format/event", "config:0-7,32-37\n");
	fakepmu_put(f, "amd_df", "format/umask", "config:8-15,24-27\n");
}

static void test_zen4(void **state)
{
	struct fakepmu kernel = {.step = 3};
	struct pb_perf_ops ops = fakepmu_ops(&kernel);
	struct faketree f;
	struct pb_target t = {.root = &f.root, .perf = &ops};
	struct collrun r;
	size_t row;

	(void)state;
	fake_make(&f);
	put_amd(&f, "17");
	collrun_start(&r, &pb_coll_pciebw, &t);
	assert_int_equal(collrun_sample(&r, 7), 8);
	row = collrun_row(&r, "event", "local_socket_upstream_write_beats_iom0");
	assert_string_equal(collrun_str(&r, row, "direction"), "to-memory");
	assert_int_equal(collrun_i64(&r, row, "bytes"), 2 * 3 * 64);
	/* event 0x81f: low byte 0x1f, 0x08 from bit 32; umask 0x7ff: 0xff at 8, 0x7 at 24 */
	assert_true(kernel.attr[row].config == 0x000000080700ff1fULL);
	collrun_stop(&r);
	fake_remove(&f);
}

/* Zen 3's data fabric does not count PCIe: nothing is counted rather than something else. */
static void test_zen3(void **state)
{
	struct fakepmu kernel = {0};
	struct pb_perf_ops ops = fakepmu_ops(&kernel);
	struct faketree f;
	struct pb_target t = {.root = &f.root, .perf = &ops};
	char why[256] = "";

	(void)state;
	fake_make(&f);
	put_amd(&f, "1");
	assert_int_equal(pb_coll_pciebw.probe(&t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "no PCIe counters"));
	fake_remove(&f);
}

static void test_unavailable(void **state)
{
	struct fakepmu kernel = {.refuse_type = 60, .refuse_errno = EACCES};
	struct pb_perf_ops ops = fakepmu_ops(&kernel);
	struct faketree f;
	struct pb_target t = {.root = &f.root, .perf = &ops};
	char why[256] = "";
	void *s = NULL;

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_coll_pciebw.probe(&t, why, sizeof(why)), -ENOENT);
	fakepmu_free_running(&f, "uncore_iio_free_running_0", "60\n");
	assert_int_equal(pb_coll_pciebw.probe(&t, why, sizeof(why)), -EACCES);
	assert_non_null(strstr(why, "EACCES"));
	assert_int_equal(pb_coll_pciebw.start(&t, &s, why, sizeof(why)), -EACCES);
	t.perf = NULL;
	assert_int_equal(pb_coll_pciebw.probe(&t, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "recorded machine"));
	pb_coll_pciebw.stop(NULL);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ice_lake),    cmocka_unit_test(test_no_map),
		cmocka_unit_test(test_zen4),        cmocka_unit_test(test_zen3),
		cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
