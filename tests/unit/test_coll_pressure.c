/* Unit tests of engine/collectors/pressure.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

#define LINE                                                                                                 \
	"some avg10=0.00 avg60=0.00 avg300=0.00 total=7\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=3\n"
#define SCOPE "/machine.slice/machine-qemu.scope/libvirt"

static void put_machine(struct faketree *f)
{
	fake_put(f, "proc/pressure/cpu", LINE);
	fake_put(f, "proc/pressure/io", LINE);
	fake_put(f, "proc/pressure/memory", LINE);
}

static void test_machine_alone(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	collrun_start(&r, &pb_coll_pressure, &t);
	assert_int_equal(collrun_sample(&r, 5), 3);
	assert_string_equal(collrun_str(&r, 0, "scope"), "system");
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "resource", "io"), "some_ns"), 7000);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "resource", "io"), "full_ns"), 3000);
	assert_false(collrun_has(&r, "resource", "irq"));
	fake_put(&f, "proc/pressure/io", "so");
	assert_int_equal(collrun_sample(&r, 6), 3);
	assert_true(collrun_i64(&r, collrun_row(&r, "resource", "io"), "some_ns") == PB_NA);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "resource", "cpu"), "some_ns"), 7000);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_cgroup_of_qemu(void **state)
{
	static const char *const mount[] = {"sys/fs/cgroup", "sys/fs/cgroup/unified"};
	struct faketree f;
	struct pb_target t = {.root = &f.root, .qemu_pid = 77};
	struct collrun r;
	char path[160];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		fake_make(&f);
		put_machine(&f);
		fake_put(&f, "proc/77/cgroup", "0::" SCOPE "/emulator\n");
		snprintf(path, sizeof(path), "%s/cgroup.controllers", mount[i]);
		fake_put(&f, path, "cpu io\n");
		snprintf(path, sizeof(path), "%s" SCOPE "/io.pressure", mount[i]);
		fake_put(&f, path, "some avg10=0 avg60=0 avg300=0 total=9\n");
		collrun_start(&r, &pb_coll_pressure, &t);
		assert_int_equal(collrun_sample(&r, 5), 4);
		assert_int_equal(collrun_i64(&r, collrun_row(&r, "scope", "qemu"), "some_ns"), 9000);
		assert_true(collrun_i64(&r, collrun_row(&r, "scope", "qemu"), "full_ns") == PB_NA);
		collrun_stop(&r);
		fake_remove(&f);
	}
}

static void test_one_file_absent(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	unlinkat(f.dir.fd, "proc/pressure/cpu", 0);
	collrun_start(&r, &pb_coll_pressure, &t);
	assert_int_equal(collrun_sample(&r, 5), 2);
	assert_true(collrun_has(&r, "resource", "memory"));
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
	assert_int_equal(pb_coll_pressure.probe(&t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/proc/pressure"));
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machine_alone),
		cmocka_unit_test(test_cgroup_of_qemu),
		cmocka_unit_test(test_one_file_absent),
		cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
