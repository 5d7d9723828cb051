/* Unit tests of engine/lib/buf.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "engine/lib/buf.h"

static void grows_and_terminates(void **state)
{
	struct pb_buf b = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(pb_buf_printf(&b, "%d,", i % 10), 0);
	assert_int_equal(b.len, 2000);
	assert_int_equal(strlen(b.data), 2000);
	assert_memory_equal(b.data, "0,1,2,3,", 8);
	pb_buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	assert_int_equal(pb_buf_str(&b, "again"), 0);
	assert_string_equal(b.data, "again");
	pb_buf_fini(&b);
	assert_null(b.data);
}

static void bytes_may_be_zero(void **state)
{
	struct pb_buf b = {0};

	(void)state;
	assert_int_equal(pb_buf_add(&b, "a\0b", 3), 0);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 4);
	pb_buf_fini(&b);
}

static void adding_nothing_still_terminates(void **state)
{
	struct pb_buf b = {0};

	(void)state;
	assert_int_equal(pb_buf_add(&b, "", 0), 0);
	assert_string_equal(b.data, "");
	pb_buf_fini(&b);
}

static void failure_is_latched(void **state)
{
	struct pb_buf b = {0};

	(void)state;
	assert_int_equal(pb_buf_str(&b, "kept"), 0);
	assert_int_equal(pb_buf_add(&b, "", SIZE_MAX - 2), -ENOMEM);
	assert_true(b.failed);
	assert_int_equal(pb_buf_str(&b, "more"), -ENOMEM);
	assert_string_equal(b.data, "kept");
	pb_buf_clear(&b);
	assert_int_equal(pb_buf_str(&b, "more"), 0);
	pb_buf_fini(&b);
}

static void strings_are_copied(void **state)
{
	struct pb_strv s = {0};
	char text[] = "one";

	(void)state;
	assert_int_equal(pb_strv_add(&s, text), 0);
	text[0] = 'X';
	assert_int_equal(pb_strv_addf(&s, "cpu%d", 7), 0);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.v[0], "one");
	assert_string_equal(s.v[1], "cpu7");
	pb_strv_fini(&s);
	assert_int_equal(s.n, 0);
}

static void natural_order(void **state)
{
	const char *const want[] = {"irq1", "irq2", "irq10", "irq100"};
	struct pb_strv s = {0};

	(void)state;
	pb_strv_sort(&s); /* empty: nothing happens */
	pb_strv_add(&s, "irq100");
	pb_strv_add(&s, "irq10");
	pb_strv_add(&s, "irq2");
	pb_strv_add(&s, "irq1");
	pb_strv_sort(&s);
	for (size_t i = 0; i < s.n; i++)
		assert_string_equal(s.v[i], want[i]);
	pb_strv_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_terminates),
		cmocka_unit_test(bytes_may_be_zero),
		cmocka_unit_test(adding_nothing_still_terminates),
		cmocka_unit_test(failure_is_latched),
		cmocka_unit_test(strings_are_copied),
		cmocka_unit_test(natural_order),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
