/* Unit tests of engine/collectors/softirqs.c on texts of several kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

#define SOFTIRQS "proc/softirqs"

static void put_fixture(struct faketree *f, const char *name)
{
	char path[128], *text;

	snprintf(path, sizeof(path), "tests/fixtures/softirqs/%s", name);
	text = fixture_text(path);
	fake_put(f, SOFTIRQS, text);
	free(text);
}

static void test_kinds_and_cpus(void **state)
{
	static const char *const fixture[] = {"linux-6.18.txt", "linux-6.12.txt", "linux-6.1-offline.txt",
					      "linux-3.10.txt"};
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	for (size_t i = 0; i < sizeof(fixture) / sizeof(fixture[0]); i++) {
		fake_make(&f);
		put_fixture(&f, fixture[i]);
		collrun_start(&r, &pb_coll_softirqs, &t);
		assert_int_equal(collrun_sample(&r, 5), 10);
		assert_true(collrun_i64(&r, collrun_row(&r, "softirq", "BLOCK"), "cpu0") > 0);
		assert_true(collrun_i64(&r, collrun_row(&r, "softirq", "RCU"), "cpu1") > 0);
		assert_true(collrun_has(&r, "softirq", "HI"));
		collrun_stop(&r);
		fake_remove(&f);
	}
}

/* A CPU number that is possible but not present has no column. */
static void test_columns_are_the_present_cpus(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_fixture(&f, "linux-6.1-offline.txt");
	fake_put(&f, "sys/devices/system/cpu/present", "0-1,3\n");
	collrun_start(&r, &pb_coll_softirqs, &t);
	assert_int_equal(r.columns.n, 1 + 3);
	assert_string_equal(r.columns.v[3], "cpu3");
	collrun_sample(&r, 5);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "softirq", "BLOCK"), "cpu3"), 700001);
	collrun_stop(&r);
	fake_remove(&f);
}

/* Rows are written when their counts have changed, and once more at the end. */
static void test_only_changes(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	fake_put(&f, SOFTIRQS, "   CPU0 CPU1\n BLOCK: 5 6\n TIMER: 7 8\n");
	collrun_start(&r, &pb_coll_softirqs, &t);
	assert_int_equal(collrun_sample(&r, 1), 2);
	assert_int_equal(collrun_sample(&r, 2), 0);
	fake_put(&f, SOFTIRQS, "   CPU0 CPU1\n BLOCK: 5 9\n TIMER: 7 8\n");
	assert_int_equal(collrun_sample(&r, 3), 1);
	assert_string_equal(collrun_str(&r, 0, "softirq"), "BLOCK");
	assert_int_equal(collrun_i64(&r, 0, "cpu1"), 9);
	pb_rows_clear(r.rows);
	assert_int_equal(r.c->finish(r.state, 4, r.rows), 0);
	assert_int_equal(pb_rows_count(r.rows), 2);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_wrap_at_32_bits(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_fixture(&f, "linux-3.10.txt");
	collrun_start(&r, &pb_coll_softirqs, &t);
	collrun_sample(&r, 1);
	fake_put(&f, SOFTIRQS, "   CPU0 CPU1\n BLOCK: 220134 4\n");
	collrun_sample(&r, 2);
	assert_true(collrun_i64(&r, collrun_row(&r, "softirq", "BLOCK"), "cpu1") == 4294967300LL);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_unavailable_and_absurd(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;
	char why[128] = "";
	void *st = NULL;

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_coll_softirqs.probe(&t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/proc/softirqs"));
	fake_put(&f, SOFTIRQS, "nothing of the kind\n");
	assert_int_equal(pb_coll_softirqs.start(&t, &st, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "no CPU header"));
	fake_put(&f, SOFTIRQS, "  CPU0\n BLOCK: 1\n");
	collrun_start(&r, &pb_coll_softirqs, &t);
	fake_put(&f, SOFTIRQS, "  CPU0 CPU1 CPU1\n BLO");
	assert_int_equal(collrun_sample(&r, 1), 0);
	collrun_stop(&r);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_and_cpus),
		cmocka_unit_test(test_columns_are_the_present_cpus),
		cmocka_unit_test(test_only_changes),
		cmocka_unit_test(test_wrap_at_32_bits),
		cmocka_unit_test(test_unavailable_and_absurd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
