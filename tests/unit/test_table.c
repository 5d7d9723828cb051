/* Unit tests of engine/lib/table.c: reading CSV into columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/lib/csv.h"
#include "tests/unit/tmpdir.h"

static int setup(void **state)
{
	struct tmpdir *d = malloc(sizeof(*d));

	assert_non_null(d);
	tmpdir_make(d);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	tmpdir_remove(*state);
	free(*state);
	return 0;
}

static struct pb_table *read_text(const struct tmpdir *d, const char *text)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_table *t = NULL;

	tmpdir_write(d, "t.csv", text);
	assert_int_equal(pb_table_read(&t, d->fd, "t.csv", &err), 0);
	assert_string_equal(err.msg, "");
	return t;
}

static void refuses(const struct tmpdir *d, const char *text, const char *why)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_table *t = NULL;

	tmpdir_write(d, "t.csv", text);
	assert_int_equal(pb_table_read(&t, d->fd, "t.csv", &err), -EINVAL);
	assert_null(t);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, "t.csv"));
	if (!strstr(err.msg, why))
		fail_msg("\"%s\" does not say \"%s\"", err.msg, why);
}

static void kinds_of_cells(void **state)
{
	struct pb_table *t = read_text(*state, "t_ns,irq,rate,name\n"
					       "1234567890123456789,5,1.50,\"a,b\"\n"
					       "2,,-0.25,\n");

	assert_int_equal(pb_table_rows(t), 2);
	assert_int_equal(pb_table_cols(t), 4);
	assert_string_equal(pb_table_name(t, 2), "rate");
	assert_int_equal(pb_table_col(t, "name"), 3);
	assert_int_equal(pb_table_col(t, "none"), -1);
	assert_true(pb_table_i64(t, 0, 0) == 1234567890123456789);
	assert_string_equal(pb_table_str(t, 0, 0), "1234567890123456789");
	assert_true(pb_table_i64(t, 1, 1) == PB_NA);
	assert_true(isnan(pb_table_num(t, 1, 1)));
	assert_string_equal(pb_table_str(t, 1, 1), "");
	assert_true(pb_table_num(t, 0, 2) == 1.5);
	assert_string_equal(pb_table_str(t, 0, 2), "1.50");
	assert_true(pb_table_num(t, 1, 2) == -0.25);
	assert_string_equal(pb_table_str(t, 1, 2), "-0.25");
	assert_true(pb_table_i64(t, 0, 2) == PB_NA);
	assert_string_equal(pb_table_str(t, 0, 3), "a,b");
	assert_true(isnan(pb_table_num(t, 0, 3)));
	assert_string_equal(pb_table_str(t, 1, 3), "");
	pb_table_free(t);
}

static void outside_the_table_is_not_available(void **state)
{
	struct pb_table *t = read_text(*state, "a\n1\n");

	assert_true(isnan(pb_table_num(t, 0, -1)));
	assert_true(isnan(pb_table_num(t, 1, 0)));
	assert_true(pb_table_i64(t, 0, 1) == PB_NA);
	assert_string_equal(pb_table_str(t, 0, -1), "");
	pb_table_free(t);
}

static void text_comes_back_unchanged(void **state)
{
	static const char *const cells[] = {"1",
					    "0",
					    "-7",
					    "0.10",
					    "-0.001",
					    "9007199254740991",
					    "12.500",
					    "1e-05",
					    "007",
					    "+3",
					    "-0",
					    ".5",
					    "5.",
					    "0x10",
					    "1.2.3",
					    "nan",
					    "--1",
					    " 8",
					    "9223372036854775807",
					    "-9223372036854775808",
					    "18446744073709551615",
					    "0.1234567890123456789"};
	const size_t n = sizeof(cells) / sizeof(cells[0]);

	/* Whatever stood in the column before, each cell must give its text back: try every order of two. */
	for (size_t a = 0; a < n; a++) {
		for (size_t b = 0; b < n; b++) {
			char text[128];
			struct pb_table *t;

			snprintf(text, sizeof(text), "x,y\n%s,1\n,1\n%s,1\n", cells[a], cells[b]);
			t = read_text(*state, text);
			assert_string_equal(pb_table_str(t, 0, 0), cells[a]);
			assert_string_equal(pb_table_str(t, 1, 0), "");
			assert_string_equal(pb_table_str(t, 2, 0), cells[b]);
			pb_table_free(t);
		}
	}
}

static void numbers_are_strtods(void **state)
{
	static const char *const cells[] = {"0.1",   "-0.001", "123456.789", "9007199254740.993",
					    "1e-05", "2.5E3"};

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		char text[64];
		struct pb_table *t;

		snprintf(text, sizeof(text), "x\n%s\n", cells[i]);
		t = read_text(*state, text);
		assert_true(pb_table_num(t, 0, 0) == strtod(cells[i], NULL));
		pb_table_free(t);
	}
}

static void not_numbers(void **state)
{
	static const char *const cells[] = {"nan", "inf", "0x10", " 1", "1 ", "1e999", "-", "1-2", "e"};

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		char text[64];
		struct pb_table *t;

		snprintf(text, sizeof(text), "x,y\n\"%s\",1\n", cells[i]);
		t = read_text(*state, text);
		assert_true(isnan(pb_table_num(t, 0, 0)));
		assert_true(pb_table_i64(t, 0, 0) == PB_NA);
		pb_table_free(t);
	}
}

static void smallest_int64_is_not_taken_for_empty(void **state)
{
	struct pb_table *t = read_text(*state, "x\n-9223372036854775808\n");

	assert_true(pb_table_num(t, 0, 0) == -0x1p63);
	assert_string_equal(pb_table_str(t, 0, 0), "-9223372036854775808");
	pb_table_free(t);
}

static void line_ends(void **state)
{
	struct pb_table *t = read_text(*state, "a,b\r\n1,2\r\n3,\"x\r\ny\"");

	assert_int_equal(pb_table_rows(t), 2);
	assert_string_equal(pb_table_str(t, 1, 1), "x\r\ny");
	pb_table_free(t);
	t = read_text(*state, "only,header");
	assert_int_equal(pb_table_rows(t), 0);
	assert_int_equal(pb_table_cols(t), 2);
	pb_table_free(t);
}

static void many_rows_and_texts(void **state)
{
	struct tmpdir *d = *state;
	struct pb_err err = PB_ERR_INIT;
	struct pb_table *t;
	struct pb_csv c = {0};
	char path[128];

	snprintf(path, sizeof(path), "%s/big.csv", d->path);
	c.f = fopen(path, "w");
	assert_non_null(c.f);
	fputs("t_ns,name,mixed\n", c.f);
	for (int i = 0; i < 20000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "vector %d", i % 5000);
		pb_csv_i64(&c, i);
		pb_csv_str(&c, name);
		pb_csv_num(&c, i < 10000 ? i : i / 8.0);
		pb_csv_end(&c);
	}
	assert_int_equal(fclose(c.f), 0);
	assert_int_equal(pb_table_read(&t, d->fd, "big.csv", &err), 0);
	assert_int_equal(pb_table_rows(t), 20000);
	for (int i = 0; i < 20000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "vector %d", i % 5000);
		assert_true(pb_table_i64(t, (size_t)i, 0) == i);
		assert_string_equal(pb_table_str(t, (size_t)i, 1), name);
		assert_true(pb_table_num(t, (size_t)i, 2) == (i < 10000 ? i : i / 8.0));
	}
	pb_table_free(t);
}

static void damaged_files(void **state)
{
	struct tmpdir *d = *state;

	refuses(d, "", "header");
	refuses(d, "\n\n", "header");
	refuses(d, "a,b,a\n1,2,3\n", "two columns are named a");
	refuses(d, "a,,c\n", "column 2 has no name");
	refuses(d, "a,b\n1,2\n1\n", "row 2 has 1 cells where the header names 2");
	refuses(d, "a,b\n1,2,3\n", "row 1 has 3 cells");
	refuses(d, "a,b\n1,\"2\n", "quoted");
	refuses(d, "a,b\n1,x\"y\n", "row 1 is not valid CSV");
}

static void zero_byte(void **state)
{
	struct tmpdir *d = *state;
	struct pb_err err = PB_ERR_INIT;
	struct pb_table *t = NULL;

	tmpdir_write_bytes(d, "t.csv", "a\nx\0y\n", 6);
	assert_int_equal(pb_table_read(&t, d->fd, "t.csv", &err), -EINVAL);
	assert_non_null(strstr(err.msg, "zero byte"));
}

static void missing_file_has_no_message(void **state)
{
	struct tmpdir *d = *state;
	struct pb_err err = PB_ERR_INIT;
	struct pb_table *t = NULL;

	assert_int_equal(pb_table_read(&t, d->fd, "none.csv", &err), -ENOENT);
	assert_string_equal(err.msg, "");
	pb_table_free(NULL);
}

static void fifo_does_not_hang(void **state)
{
	struct tmpdir *d = *state;
	struct pb_err err = PB_ERR_INIT;
	struct pb_table *t = NULL;

	assert_int_equal(mkfifoat(d->fd, "pipe.csv", 0600), 0);
	assert_int_equal(pb_table_read(&t, d->fd, "pipe.csv", &err), -EINVAL);
	assert_non_null(strstr(err.msg, "regular file"));
}

static void larger_than_the_bound(void **state)
{
	struct tmpdir *d = *state;
	struct pb_err err = PB_ERR_INIT;
	struct pb_table *t = NULL;
	char path[128];

	tmpdir_write(d, "t.csv", "a\n1\n");
	snprintf(path, sizeof(path), "%s/t.csv", d->path);
	assert_int_equal(truncate(path, ((off_t)1 << 30) + 1), 0);
	assert_int_equal(pb_table_read(&t, d->fd, "t.csv", &err), -EFBIG);
	assert_int_equal(err.status, PB_USAGE);
}

int main(void)
{
#define WITH_DIR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_DIR(kinds_of_cells),
		WITH_DIR(outside_the_table_is_not_available),
		WITH_DIR(text_comes_back_unchanged),
		WITH_DIR(numbers_are_strtods),
		WITH_DIR(not_numbers),
		WITH_DIR(smallest_int64_is_not_taken_for_empty),
		WITH_DIR(line_ends),
		WITH_DIR(many_rows_and_texts),
		WITH_DIR(damaged_files),
		WITH_DIR(zero_byte),
		WITH_DIR(missing_file_has_no_message),
		WITH_DIR(fifo_does_not_hang),
		WITH_DIR(larger_than_the_bound),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
