/* Unit tests of engine/collectors/uncoreset.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/lib/csv.h"
#include "tests/unit/fakepmu.h"

static void add(struct pb_uncore_set *s, const char *pmu, unsigned type)
{
	struct pb_uncore_counter c = {.attr.type = type, .event = "x", .bytes = 4};

	snprintf(c.pmu, sizeof(c.pmu), "%s", pmu);
	assert_int_equal(pb_uncore_set_add(s, &c), 0);
}

/* One PMU refuses: its counters are left out, the others count. Each PMU is tried once. */
static void test_one_pmu_refuses(void **state)
{
	struct fakepmu kernel = {.step = 10, .refuse_type = 2, .refuse_errno = EBUSY};
	struct pb_perf_ops ops = fakepmu_ops(&kernel);
	struct pb_uncore_set s = {0};
	struct pb_uncore_reading r;
	char why[128] = "";

	(void)state;
	add(&s, "a", 1);
	add(&s, "a", 1);
	add(&s, "b", 2);
	add(&s, "b", 2);
	assert_int_equal(pb_uncore_set_try(&s, &ops, why, sizeof(why)), 0);
	kernel.tries = 0;
	assert_int_equal(pb_uncore_set_open(&s, &ops, why, sizeof(why)), 0);
	assert_int_equal(kernel.tries, 2);
	assert_int_equal(kernel.n, 2);
	pb_uncore_set_read(&s, 1, &r);
	assert_int_equal(r.count, 20);
	assert_int_equal(r.running_ns, 1000);
	pb_uncore_set_read(&s, 2, &r);
	assert_true(r.count == PB_NA);
	pb_uncore_set_fini(&s);
	assert_true(kernel.closed[0] && kernel.closed[1]);
}

static void test_all_refuse(void **state)
{
	struct fakepmu kernel = {.refuse_type = 2, .refuse_errno = EACCES};
	struct pb_perf_ops ops = fakepmu_ops(&kernel);
	struct pb_uncore_set s = {0};
	char why[128] = "";

	(void)state;
	add(&s, "uncore_iio_0", 2);
	assert_int_equal(pb_uncore_set_try(&s, &ops, why, sizeof(why)), -EACCES);
	why[0] = '\0';
	assert_int_equal(pb_uncore_set_open(&s, &ops, why, sizeof(why)), -EACCES);
	assert_non_null(strstr(why, "uncore_iio_0/x/"));
	assert_non_null(strstr(why, "EACCES"));
	pb_uncore_set_fini(&s);
}

/* Never scheduled is not 0. */
static ssize_t read_unscheduled(void *arg, int handle, uint64_t out[3])
{
	(void)arg;
	(void)handle;
	out[0] = 0;
	out[1] = 1000;
	out[2] = 0;
	return 3 * sizeof(out[0]);
}

static void test_never_scheduled(void **state)
{
	struct fakepmu kernel = {0};
	struct pb_perf_ops ops = fakepmu_ops(&kernel);
	struct pb_uncore_set s = {0};
	struct pb_uncore_reading r;
	char why[128];

	(void)state;
	ops.read = read_unscheduled;
	add(&s, "a", 1);
	assert_int_equal(pb_uncore_set_open(&s, &ops, why, sizeof(why)), 0);
	pb_uncore_set_read(&s, 0, &r);
	assert_true(r.count == PB_NA);
	assert_int_equal(r.enabled_ns, 1000);
	pb_uncore_set_fini(&s);
}

/* The real kernel: a PMU type nobody has. */
static void test_kernel_says_no(void **state)
{
	struct pb_root root;
	struct pb_target t = {.root = &root};
	struct pb_uncore_set s = {0};
	char why[256] = "";

	(void)state;
	assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
	add(&s, "none", 0x7ffffff0);
	assert_non_null(pb_uncore_ops(&t));
	assert_true(pb_uncore_set_open(&s, pb_uncore_ops(&t), why, sizeof(why)) < 0);
	assert_string_not_equal(why, "");
	pb_uncore_set_fini(&s);
	pb_root_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_pmu_refuses),
		cmocka_unit_test(test_all_refuse),
		cmocka_unit_test(test_never_scheduled),
		cmocka_unit_test(test_kernel_says_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
