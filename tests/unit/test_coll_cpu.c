/* Unit tests of engine/collectors/cpu.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

static int64_t tick_ns(void)
{
	return 1000000000 / sysconf(_SC_CLK_TCK);
}

static void test_ticks_to_ns(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	fake_put(&f, "proc/stat",
		 "cpu  11 22 33 44 55 66 77 88 99 10\n"
		 "cpu0 1 2 3 4 5 6 7 8 9 10\n"
		 "cpu3 10 20 30 40 50 60 70 80 90 100\n"
		 "intr 123 4 5\nctxt 5\n");
	collrun_start(&r, &pb_coll_cpu, &t);
	assert_int_equal(collrun_sample(&r, 77), 2); /* not the sum line */
	assert_int_equal(pb_rows_t(r.rows, 1), 77);
	assert_int_equal(collrun_i64(&r, 1, "cpu"), 3);
	assert_int_equal(collrun_i64(&r, 1, "user_ns"), 10 * tick_ns());
	assert_int_equal(collrun_i64(&r, 1, "iowait_ns"), 50 * tick_ns());
	assert_int_equal(collrun_i64(&r, 1, "guest_nice_ns"), 100 * tick_ns());
	collrun_stop(&r);
	fake_remove(&f);
}

/* What explains a guest's time: guest within user, steal, irq and softirq, each in its own column. */
static void test_columns_of_virtual_time(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	fake_put(&f, "proc/stat", "cpu0 1000 200 30 4000 500 6 70 8 900 10\nintr 5\n");
	collrun_start(&r, &pb_coll_cpu, &t);
	collrun_sample(&r, 1);
	assert_int_equal(collrun_i64(&r, 0, "irq_ns"), 6 * tick_ns());
	assert_int_equal(collrun_i64(&r, 0, "softirq_ns"), 70 * tick_ns());
	assert_int_equal(collrun_i64(&r, 0, "steal_ns"), 8 * tick_ns());
	assert_int_equal(collrun_i64(&r, 0, "guest_ns"), 900 * tick_ns());
	assert_true(collrun_i64(&r, 0, "guest_ns") <= collrun_i64(&r, 0, "user_ns"));
	fake_put(&f, "proc/stat", "cpu0 99999999999999999999 1 1 1 1\ncpu1 1 x 2\ncpu"); /* absurd, cut off */
	collrun_sample(&r, 2);
	assert_true(collrun_i64(&r, 0, "user_ns") == PB_NA);
	assert_true(collrun_i64(&r, 0, "irq_ns") == PB_NA);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_idle_never_runs_backwards(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	fake_put(&f, "proc/stat", "cpu0 1 1 1 100 50 0 0 0 0 0\n");
	collrun_start(&r, &pb_coll_cpu, &t);
	collrun_sample(&r, 1);
	fake_put(&f, "proc/stat", "cpu0 1 1 1 90 60 0 0 0 0 0\n");
	collrun_sample(&r, 2);
	assert_int_equal(collrun_i64(&r, 0, "idle_ns"), 100 * tick_ns());
	assert_int_equal(collrun_i64(&r, 0, "iowait_ns"), 60 * tick_ns());
	fake_put(&f, "proc/stat", "cpu0 1 1 1 101 55 0 0 0 0 0\n");
	collrun_sample(&r, 3);
	assert_int_equal(collrun_i64(&r, 0, "idle_ns"), 101 * tick_ns());
	assert_int_equal(collrun_i64(&r, 0, "iowait_ns"), 60 * tick_ns());
	collrun_stop(&r);
	fake_remove(&f);
}

/* A CPU goes offline and comes back; an old kernel prints fewer fields: empty cells, not zeros. */
static void test_hotplug_and_short_lines(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	fake_put(&f, "proc/stat",
		 "cpu0 1 1 1 1 1 1 1\ncpu1 2 2 2 2 2 2 2\ncpu99999 1 1 1 1 1\ncpu2 1\nintr 5\n");
	collrun_start(&r, &pb_coll_cpu, &t);
	assert_int_equal(collrun_sample(&r, 1), 2);
	assert_true(collrun_i64(&r, 0, "steal_ns") == PB_NA);
	fake_put(&f, "proc/stat", "cpu0 3 1 1 1 1 1 1\nintr 5\n");
	assert_int_equal(collrun_sample(&r, 2), 1);
	fake_put(&f, "proc/stat", "cpu0 3 1 1 1 1 1 1\ncpu1 4 4 4 4 4 4 4\nintr 5\n");
	assert_int_equal(collrun_sample(&r, 3), 2);
	assert_int_equal(collrun_i64(&r, 1, "user_ns"), 4 * tick_ns());
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_unavailable(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	char why[64] = "";

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_coll_cpu.probe(&t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/proc/stat"));
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ticks_to_ns),
		cmocka_unit_test(test_columns_of_virtual_time),
		cmocka_unit_test(test_idle_never_runs_backwards),
		cmocka_unit_test(test_hotplug_and_short_lines),
		cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
