/* Unit tests of engine/import/csvrows.c: cells, line numbers, lines that are no CSV. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/import/csvrows.h"
#include "tests/unit/tmpdir.h"

struct test {
	struct tmpdir tmp;
	struct pb_csvrows rows;
	struct pb_buf seen; /* "line:cell|cell;" */
	bool strict;
};

static int on_row(void *arg, const struct pb_csvrow *row, struct pb_err *err)
{
	struct test *t = arg;

	(void)err;
	pb_buf_printf(&t->seen, "%zu:", row->line);
	for (size_t i = 0; i < row->n; i++)
		pb_buf_printf(&t->seen, "%s%s", i ? "|" : "", pb_csvrow_cell(row, i));
	return pb_buf_str(&t->seen, ";");
}

static int on_bad(void *arg, size_t line, const char *why, struct pb_err *err)
{
	struct test *t = arg;

	if (t->strict)
		return pb_fail(err, PB_USAGE, EINVAL, "%zu: %s", line, why);
	return pb_buf_printf(&t->seen, "%zu!;", line);
}

static int setup(void **state)
{
	struct test *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	tmpdir_make(&t->tmp);
	t->rows = (struct pb_csvrows){.delimiter = ',', .arg = t, .row = on_row, .bad = on_bad};
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;

	pb_buf_fini(&t->seen);
	tmpdir_remove(&t->tmp);
	free(t);
	return 0;
}

static int parse(struct test *t, const void *bytes, size_t n, struct pb_err *err)
{
	struct pb_input *in = NULL;
	char path[96];
	int rc;

	pb_buf_clear(&t->seen);
	pb_buf_str(&t->seen, "");
	tmpdir_write_bytes(&t->tmp, "in", bytes, n);
	snprintf(path, sizeof(path), "%s/in", t->tmp.path);
	assert_int_equal(pb_input_open(&in, path, NULL, err), 0);
	rc = pb_csvrows_read(&t->rows, in, err);
	pb_input_close(in);
	return rc;
}

static void check(struct test *t, const char *text, const char *seen)
{
	struct pb_err err = PB_ERR_INIT;

	assert_int_equal(parse(t, text, strlen(text), &err), 0);
	assert_string_equal(t->seen.data, seen);
}

static void rows_know_their_line(void **state)
{
	check(*state, "a,b\n1,2\n", "1:a|b;2:1|2;");
	check(*state, "a,b\r\n1,2\r\n3,4", "1:a|b;2:1|2;3:3|4;");
	check(*state, "a\n\n\nb\n", "1:a;4:b;");
	check(*state, "a,\"x\ny\",c\nb\n", "1:a|x\ny|c;3:b;");
	check(*state, "\"a \"\"b\"\"\", c \n", "1:a \"b\"| c ;");
	check(*state, "a,b,\n", "1:a|b|;");
}

static void only_wanted_cells_are_kept(void **state)
{
	static const bool keep[] = {true, false, true};
	struct test *t = *state;

	t->rows.keep = keep;
	t->rows.n_keep = 3;
	check(t, "a,b,c,d\n\"e\",\"f\",\"g\",\"h\"\n", "1:a||c|;2:e||g|;");
}

static void a_bad_line_is_told_and_the_next_is_read(void **state)
{
	check(*state, "a\n\"b\"x,c\nd\n", "1:a;2!;3:d;");
	check(*state, "a\nb\"c\nd\ne\n", "1:a;2!;3:d;4:e;");
	check(*state, "a\n\"open", "1:a;2!;");
	check(*state, "a\n\"open\nb\n", "1:a;2!;");
}

static void zero_bytes_are_no_text(void **state)
{
	struct test *t = *state;
	struct pb_err err = PB_ERR_INIT;

	assert_int_equal(parse(t, "aa\na\0b,c\nd\n", 11, &err), 0);
	assert_string_equal(t->seen.data, "1:aa;2!;3:d;");
	t->strict = true;
	assert_true(parse(t, "aa\na\0b,c\nd\n", 11, &err) < 0);
	assert_non_null(strstr(err.msg, "2: a zero byte"));
}

/* A quote that nobody closes takes no more than a megabyte, and the lines behind it keep their numbers. */
static void an_open_quote_does_not_take_the_file(void **state)
{
	struct test *t = *state;
	size_t lines = 400000, n = 0;
	char *text = malloc(lines * 4 + 16), last[32];
	struct pb_err err = PB_ERR_INIT;

	n = (size_t)sprintf(text, "a\n\"b\n");
	for (size_t i = 2; i < lines; i++, n += 4)
		memcpy(text + n, "1,2\n", 4);
	assert_int_equal(parse(t, text, n, &err), 0);
	assert_memory_equal(t->seen.data, "1:a;2!;", 7);
	snprintf(last, sizeof(last), "%zu:1|2;", lines);
	assert_string_equal(t->seen.data + t->seen.len - strlen(last), last);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_know_their_line, setup, teardown),
		cmocka_unit_test_setup_teardown(only_wanted_cells_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bad_line_is_told_and_the_next_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(zero_bytes_are_no_text, setup, teardown),
		cmocka_unit_test_setup_teardown(an_open_quote_does_not_take_the_file, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
