/* Unit tests of engine/collectors/affinity.c: rows at the start, on change, and for everything at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

static const char text[] = "  CPU0 CPU1\n 50: 1 0  chip  0-edge  vfio-msix[0](0000:41:00.0)\n"
			   " 51: 1 0  chip  1-edge  vfio-msix[1](0000:41:00.0)\n"
			   " 60: 1 0  chip  1-edge  nvme0q1\n";

static void put_irq(struct faketree *f, const char *irq, const char *smp, const char *effective)
{
	char path[96];

	snprintf(path, sizeof(path), "proc/irq/%s/smp_affinity_list", irq);
	fake_put(f, path, smp);
	snprintf(path, sizeof(path), "proc/irq/%s/effective_affinity_list", irq);
	fake_put(f, path, effective);
}

static void test_rows_on_change(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	fake_put(&f, "proc/interrupts", text);
	put_irq(&f, "50", "0-1\n", "0\n");
	collrun_start(&r, &pb_coll_affinity, &t);
	assert_int_equal(collrun_sample(&r, 1), 2);
	assert_int_equal(collrun_i64(&r, 0, "irq"), 50);
	assert_string_equal(collrun_str(&r, 0, "smp_affinity_list"), "0-1");
	assert_string_equal(collrun_str(&r, 0, "effective_affinity_list"), "0");
	assert_int_equal(collrun_i64(&r, 0, "managed"), 0);
	assert_null(collrun_str(&r, 1, "smp_affinity_list")); /* not readable: empty */
	assert_true(collrun_i64(&r, 1, "managed") == PB_NA);
	assert_int_equal(collrun_sample(&r, 2), 0); /* nothing changed */
	put_irq(&f, "50", "1\n", "1\n");
	assert_int_equal(collrun_sample(&r, 3), 1);
	assert_string_equal(collrun_str(&r, 0, "effective_affinity_list"), "1");
	pb_rows_clear(r.rows);
	assert_int_equal(r.c->finish(r.state, 4, r.rows), 0);
	assert_int_equal(pb_rows_count(r.rows), 2);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_managed_by_mode(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	fake_put(&f, "proc/interrupts", text);
	put_irq(&f, "50", "0-1\n", "0\n");
	assert_int_equal(fchmodat(f.dir.fd, "proc/irq/50/smp_affinity_list", 0444, 0), 0);
	collrun_start(&r, &pb_coll_affinity, &t);
	collrun_sample(&r, 1);
	assert_int_equal(collrun_i64(&r, 0, "managed"), 1);
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
	assert_int_equal(pb_coll_affinity.probe(&t, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "no disk"));
	t.bdf = "0000:41:00.0";
	assert_int_equal(pb_coll_affinity.probe(&t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "ENOENT"));
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_on_change),
		cmocka_unit_test(test_managed_by_mode),
		cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
