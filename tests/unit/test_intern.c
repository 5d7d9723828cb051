/* Unit tests of engine/lib/intern.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/intern.h"

static void numbers_in_order_of_appearance(void **state)
{
	struct pb_intern *in = pb_intern_new();

	(void)state;
	assert_non_null(in);
	assert_int_equal(pb_intern_add(in, "", 0), 0);
	assert_int_equal(pb_intern_add(in, "ab", 2), 1);
	assert_int_equal(pb_intern_add(in, "abc", 3), 2);
	assert_int_equal(pb_intern_add(in, "abc", 2), 1);
	assert_string_equal(pb_intern_text(in, 0), "");
	assert_string_equal(pb_intern_text(in, 2), "abc");
	pb_intern_free(in);
	pb_intern_free(NULL);
}

static void texts_never_move(void **state)
{
	struct pb_intern *in = pb_intern_new();
	const char *first;
	char text[32];

	(void)state;
	assert_int_equal(pb_intern_add(in, "first", 5), 1);
	first = pb_intern_text(in, 1);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 20000; i++) {
			int len = snprintf(text, sizeof(text), "text %d", i);

			assert_int_equal(pb_intern_add(in, text, (size_t)len), i + 2);
		}
	}
	assert_ptr_equal(pb_intern_text(in, 1), first);
	assert_string_equal(first, "first");
	assert_string_equal(pb_intern_text(in, 19999 + 2), "text 19999");
	pb_intern_free(in);
}

static void one_text_larger_than_a_block(void **state)
{
	struct pb_intern *in = pb_intern_new();
	size_t len = 300000;
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	assert_int_equal(pb_intern_add(in, text, len), 1);
	assert_int_equal(pb_intern_add(in, "y", 1), 2);
	assert_int_equal(pb_intern_add(in, text, len), 1);
	assert_int_equal(pb_intern_find(in, "y", 1), 2);
	assert_int_equal(pb_intern_find(in, "z", 1), 0);
	assert_int_equal(pb_intern_find(in, "", 0), 0);
	assert_int_equal(strlen(pb_intern_text(in, 1)), len);
	free(text);
	pb_intern_free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_in_order_of_appearance),
		cmocka_unit_test(texts_never_move),
		cmocka_unit_test(one_text_larger_than_a_block),
	};

	return cmocka_run_group_tests_name("intern", tests, NULL, NULL);
}
