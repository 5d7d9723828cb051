/* Unit tests of engine/import/jsontext.c: JSON among other lines, and where it is damaged. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/import/jsontext.h"
#include "tests/unit/tmpdir.h"

struct test {
	struct tmpdir tmp;
	json_t *doc;
	unsigned n;
	struct pb_err err;
};

static int setup(void **state)
{
	struct test *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	tmpdir_make(&t->tmp);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;

	json_decref(t->doc);
	tmpdir_remove(&t->tmp);
	free(t);
	return 0;
}

static int parse(struct test *t, const char *text)
{
	struct pb_input *in = NULL;
	char path[96];
	int rc;

	json_decref(t->doc);
	t->doc = NULL;
	t->n = 0;
	t->err = (struct pb_err)PB_ERR_INIT;
	tmpdir_write(&t->tmp, "in", text);
	snprintf(path, sizeof(path), "%s/in", t->tmp.path);
	assert_int_equal(pb_input_open(&in, path, NULL, &t->err), 0);
	rc = pb_jsontext_read(&t->doc, &t->n, in, &t->err);
	pb_input_close(in);
	return rc;
}

static int member(const struct test *t)
{
	return (int)json_integer_value(json_object_get(t->doc, "a"));
}

static void lines_around_it_are_passed_over(void **state)
{
	struct test *t = *state;

	assert_int_equal(parse(t, "fio: a {line}\r\n\r\n {\"a\": 1}\nfio: another\n"), 0);
	assert_int_equal(member(t), 1);
	assert_int_equal(t->n, 1);
}

static void the_last_of_several_is_given(void **state)
{
	struct test *t = *state;

	assert_int_equal(parse(t, "{\"a\": 1}\n{\"a\": 2}\ntext\n{\"a\": 3}"), 0);
	assert_int_equal(member(t), 3);
	assert_int_equal(t->n, 3);
}

static void damage_is_named_by_line_and_column_of_the_file(void **state)
{
	struct test *t = *state;

	assert_true(parse(t, "fio: text\n\n{\n  \"a\": 1,\n  \"b\": nan\n}\n") < 0);
	assert_non_null(strstr(t->err.msg, "line 5, column"));
	assert_true(parse(t, "{\"a\": 1}\n{\"a\": 2") < 0);
	assert_non_null(strstr(t->err.msg, "line 2, column"));
	assert_null(t->doc);
	assert_true(parse(t, "hello\n[1]\n") < 0);
	assert_non_null(strstr(t->err.msg, "no JSON object"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_around_it_are_passed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(the_last_of_several_is_given, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_named_by_line_and_column_of_the_file, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
