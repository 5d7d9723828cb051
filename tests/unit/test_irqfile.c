/* Unit tests of engine/collectors/irqfile.c: /sys/kernel/irq/N/per_cpu_count as kernels print it, and cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/collectors/irqfile.h"
#include "tests/unit/faketree.h"

static void test_parse(void **state)
{
	uint32_t v[4] = {0};

	(void)state;
	assert_int_equal(pb_irqfile_parse("0,49157\n", v, 4), 2);
	assert_int_equal(v[1], 49157);
	assert_int_equal(pb_irqfile_parse("4294967295\n", v, 4), 1);
	assert_int_equal(v[0], UINT32_MAX);
	assert_int_equal(pb_irqfile_parse("1,2,3,4\n", v, 4), 4);
}

static void test_not_such_a_file(void **state)
{
	static const char *const bad[] = {"",
					  "\n",
					  ",",
					  "1",
					  "1,2",
					  "1,2,\n",
					  "1,\n2\n",
					  "x\n",
					  "-1\n",
					  "4294967296\n",
					  "99999999999999999999\n",
					  "1,2,3,4,5\n",
					  "1 2\n"};
	uint32_t v[4];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (pb_irqfile_parse(bad[i], v, 4))
			fail_msg("'%s' was taken", bad[i]);
}

static void test_files(void **state)
{
	struct faketree f;
	struct pb_irqfiles q;

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_irqfiles_init(&q, 4), 0);
	fake_put(&f, "sys/kernel/irq/40/per_cpu_count", "7,8\n");
	assert_int_equal(pb_irqfiles_add(&q, &f.root, 40), 0);
	assert_int_equal(pb_irqfiles_add(&q, &f.root, 41), -ENOENT);
	assert_int_equal(pb_irqfiles_read(&q, 0), 2);
	assert_int_equal(q.count[1], 8);
	fake_put(&f, "sys/kernel/irq/40/per_cpu_count", "");
	assert_int_equal(pb_irqfiles_read(&q, 0), -EINVAL);
	for (unsigned i = 1; i < PB_IRQFILES_MAX; i++)
		assert_int_equal(pb_irqfiles_add(&q, &f.root, 40), 0);
	assert_int_equal(pb_irqfiles_add(&q, &f.root, 40), -ENOSPC);
	pb_irqfiles_fini(&q);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_not_such_a_file),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
