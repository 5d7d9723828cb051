/* Unit tests of engine/collectors/rows.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/rows.h"

static void test_cells(void **state)
{
	struct pb_rows *r = pb_rows_new(3);

	(void)state;
	pb_rows_begin(r, 5);
	pb_rows_i64(r, -7);
	pb_rows_str(r, "a,b");
	pb_rows_milli(r, 2500);
	pb_rows_i64(r, 99); /* one too many: ignored */
	pb_rows_end(r);
	pb_rows_begin(r, 6); /* short row: the rest is empty */
	pb_rows_end(r);
	assert_int_equal(pb_rows_count(r), 2);
	assert_int_equal(pb_rows_t(r, 0), 5);
	assert_int_equal(pb_rows_get(r, 0, 0), -7);
	assert_string_equal(pb_rows_text(r, 0, 1), "a,b");
	assert_int_equal(pb_rows_get(r, 0, 2), 2500);
	assert_true(pb_rows_get(r, 1, 0) == PB_NA);
	assert_null(pb_rows_text(r, 1, 1));
	assert_null(pb_rows_text(r, 0, 0));
	assert_true(pb_rows_get(r, 0, 1) == PB_NA);
	assert_true(pb_rows_get(r, 2, 0) == PB_NA);
	pb_rows_free(r);
}

static void test_csv(void **state)
{
	struct pb_rows *r = pb_rows_new(3);
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct pb_csv csv = {.f = f};

	(void)state;
	pb_rows_begin(r, 5);
	pb_rows_str(r, "a,b");
	pb_rows_i64(r, PB_NA);
	pb_rows_milli(r, 2500);
	pb_rows_end(r);
	pb_rows_begin(r, 6);
	pb_rows_str(r, NULL);
	pb_rows_i64(r, 0);
	pb_rows_milli(r, 16000);
	pb_rows_end(r);
	pb_rows_write(r, &csv);
	fclose(f);
	assert_non_null(strstr(text, "5,\"a,b\",,2.5"));
	assert_non_null(strstr(text, "6,,0,16"));
	free(text);
	pb_rows_free(r);
}

static void test_many_rows_and_names(void **state)
{
	struct pb_rows *r = pb_rows_new(1);
	char name[32];
	size_t before;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "vector%d", i);
		pb_rows_begin(r, i);
		pb_rows_str(r, name);
		pb_rows_end(r);
	}
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "vector%d", i);
		assert_string_equal(pb_rows_text(r, (size_t)i, 0), name);
	}
	pb_rows_clear(r);
	assert_int_equal(pb_rows_count(r), 0);
	before = pb_rows_bytes(r);
	for (int i = 0; i < 3000; i++) { /* one name: interned once, nothing grows */
		pb_rows_begin(r, i);
		pb_rows_str(r, "same");
		pb_rows_end(r);
	}
	assert_int_equal(pb_rows_bytes(r), before);
	assert_ptr_equal(pb_rows_text(r, 0, 0), pb_rows_text(r, 2999, 0));
	assert_false(pb_rows_failed(r));
	pb_rows_free(r);
	pb_rows_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_many_rows_and_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
