/* Unit tests of engine/lib/table_cell.c: codes of cells and rows by their time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/lib/csv.h"
#include "tests/unit/tmpdir.h"

static struct pb_table *table(const char *text)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_table *t = NULL;
	struct tmpdir d;

	tmpdir_make(&d);
	tmpdir_write(&d, "t.csv", text);
	assert_int_equal(pb_table_read(&t, d.fd, "t.csv", &err), 0);
	tmpdir_remove(&d);
	return t;
}

/* Every cell's code is that of its text, and only of its text. */
static void codes_are_equal_when_texts_are(void **state)
{
	static const char *const other[] = {"",  "0",  "07",  "7",  "7.0", "7.00", "-7",
					    "a", "aa", "1e3", "+7", "-0",  "7.5",  "99999999999999999999"};
	struct pb_table *t = table("i,d,s\n7,7.0,07\n-7,7.5,a\n,,\n0,7,7\n");
	int64_t code;

	(void)state;
	for (int col = 0; col < 3; col++) {
		for (size_t row = 0; row < pb_table_rows(t); row++) {
			for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
				bool same = strcmp(pb_table_str(t, row, col), other[i]) == 0;
				bool found = pb_table_code_of(t, col, other[i], &code);

				assert_int_equal(found && pb_table_code(t, row, col) == code, same);
			}
		}
	}
	assert_true(pb_table_code(t, 0, -1) == PB_NA);
	assert_true(pb_table_code(t, 9, 0) == PB_NA);
	assert_true(pb_table_code_of(t, -1, "", &code) && code == PB_NA);
	assert_false(pb_table_code_of(t, -1, "7", &code));
	pb_table_free(t);
}

static void filled_columns(void **state)
{
	struct pb_table *t = table("t_ns,a,b,c\n1,,,x\n2,,0,\n");

	(void)state;
	assert_false(pb_table_filled(t, 1));
	assert_true(pb_table_filled(t, 2));
	assert_true(pb_table_filled(t, 3));
	assert_false(pb_table_filled(t, -1));
	assert_false(pb_table_filled(t, 4));
	pb_table_free(t);
}

static void rows_by_time(void **state)
{
	static const char *const unsorted[] = {"t_ns\n2\n1\n", "t_ns\n1\n\"\"\n2\n", "t_ns\n1\n1.5\n",
					       "t_ns\nx\n"};
	struct pb_table *t = table("t_ns\n10\n10\n20\n30\n");

	(void)state;
	assert_true(pb_table_sorted(t));
	assert_int_equal(pb_table_first_at(t, INT64_MIN), 0);
	assert_int_equal(pb_table_first_at(t, 10), 0);
	assert_int_equal(pb_table_first_at(t, 11), 2);
	assert_int_equal(pb_table_first_at(t, 30), 3);
	assert_int_equal(pb_table_first_at(t, INT64_MAX), 4);
	pb_table_free(t);
	for (size_t i = 0; i < sizeof(unsorted) / sizeof(unsorted[0]); i++) {
		t = table(unsorted[i]);
		assert_false(pb_table_sorted(t));
		pb_table_free(t);
	}
	t = table("t_ns\n");
	assert_int_equal(pb_table_first_at(t, 0), 0);
	pb_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_equal_when_texts_are),
		cmocka_unit_test(filled_columns),
		cmocka_unit_test(rows_by_time),
	};

	return cmocka_run_group_tests_name("table_cell", tests, NULL, NULL);
}
