/* Unit tests of engine/lib/json.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/lib/json.h"
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

static void refuses(const char *text, const char *why)
{
	struct pb_err err = PB_ERR_INIT;
	json_t *j = NULL;

	assert_int_equal(pb_json_parse(&j, text, strlen(text), "guest", &err), -EINVAL);
	assert_null(j);
	assert_int_equal(err.status, PB_USAGE);
	if (strncmp(err.msg, "guest: ", 7) != 0 || !strstr(err.msg, why))
		fail_msg("\"%s\" does not say \"%s\"", err.msg, why);
}

static void parses_an_object(void **state)
{
	json_t *j = NULL;

	(void)state;
	/* Length counts, not a terminator. */
	assert_int_equal(pb_json_parse(&j, "{\"a\": 1}garbage", 8, "x", NULL), 0);
	assert_int_equal(pb_json_i64(j, "a", 0), 1);
	json_decref(j);
}

static void strictness(void **state)
{
	(void)state;
	refuses("", "not valid JSON");
	refuses("[1]", "not a JSON object");
	refuses("{\"a\":1} x", "not valid JSON");
	refuses("{\"a\":1,\"a\":2}", "duplicate");
	refuses("{\"a\":\"\xff\"}", "not valid JSON");
	refuses("{\"a\":\"x\\u0000y\"}", "not valid JSON");
	refuses("{\"a\":1e999}", "not valid JSON");
	refuses("{\"a\":NaN}", "not valid JSON");
}

/* {"a":{"a":...{}...}}: n objects. */
static int parse_nested(int n)
{
	char text[1024] = "";
	json_t *j = NULL;
	int rc;

	for (int i = 1; i < n; i++)
		strcat(text, "{\"a\":");
	strcat(text, "{}");
	for (int i = 1; i < n; i++)
		strcat(text, "}");
	rc = pb_json_parse(&j, text, strlen(text), "x", NULL);
	json_decref(j);
	return rc;
}

static void depth_64_is_the_limit(void **state)
{
	(void)state;
	assert_int_equal(parse_nested(64), 0);
	assert_int_equal(parse_nested(65), -EINVAL);
}

static void canonical_text(void **state)
{
	struct tmpdir *d = *state;
	json_t *j = json_pack("{s:f, s:i, s:[s], s:n}", "z", 0.1, "a", 7, "m", "x", "n");

	assert_non_null(j);
	assert_int_equal(pb_json_write(j, d->fd, "j.json", NULL), 0);
	assert_string_equal(tmpdir_read(d, "j.json"), "{\n  \"a\": 7,\n  \"m\": [\n    \"x\"\n  ],\n"
						      "  \"n\": null,\n  \"z\": 0.1\n}\n");
	assert_false(tmpdir_exists(d, "j.json.tmp"));
	json_decref(j);
}

static void writing_what_was_read_changes_nothing(void **state)
{
	struct tmpdir *d = *state;
	json_t *j = json_pack("{s:f, s:f, s:f}", "a", 1.0 / 3, "b", 123456789.123456789, "c", 1e-300);
	char first[256];

	assert_int_equal(pb_json_write(j, d->fd, "j.json", NULL), 0);
	json_decref(j);
	strcpy(first, tmpdir_read(d, "j.json"));
	assert_int_equal(pb_json_read(&j, d->fd, "j.json", NULL), 0);
	assert_int_equal(pb_json_write(j, d->fd, "j.json", NULL), 0);
	json_decref(j);
	assert_string_equal(tmpdir_read(d, "j.json"), first);
}

static void unreadable_files(void **state)
{
	struct tmpdir *d = *state;
	struct pb_err err = PB_ERR_INIT;
	json_t *j = NULL;
	char path[128];

	assert_int_equal(pb_json_read(&j, d->fd, "none.json", &err), -ENOENT);
	assert_string_equal(err.msg, "cannot read none.json: No such file or directory");
	assert_int_equal(pb_json_read(&j, d->fd, ".", NULL), -EINVAL);
	tmpdir_write(d, "big.json", "{}");
	snprintf(path, sizeof(path), "%s/big.json", d->path);
	assert_int_equal(truncate(path, ((off_t)64 << 20) + 1), 0);
	assert_int_equal(pb_json_read(&j, d->fd, "big.json", NULL), -EFBIG);
	assert_null(j);
}

static void getters_have_defaults(void **state)
{
	json_t *j = json_pack("{s:s, s:i, s:f, s:n}", "text", "x", "int", 5, "real", 2.5, "null");

	(void)state;
	assert_string_equal(pb_json_str(j, "text", "d"), "x");
	assert_string_equal(pb_json_str(j, "int", "d"), "d");
	assert_null(pb_json_str(j, "none", NULL));
	assert_int_equal(pb_json_i64(j, "int", 9), 5);
	assert_int_equal(pb_json_i64(j, "real", 9), 9);
	assert_int_equal(pb_json_i64(j, "null", 9), 9);
	assert_true(pb_json_num(j, "int", 9) == 5);
	assert_true(pb_json_num(j, "real", 9) == 2.5);
	assert_true(pb_json_num(j, "text", 9) == 9);
	assert_true(pb_json_num(NULL, "text", 9) == 9);
	assert_int_equal(pb_json_set_str(j, "text", NULL), 0);
	assert_true(json_is_null(json_object_get(j, "text")));
	assert_int_equal(pb_json_set_str(j, "text", "\xff"), -ENOMEM);
	json_decref(j);
}

int main(void)
{
#define WITH_DIR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_an_object),
		cmocka_unit_test(strictness),
		cmocka_unit_test(depth_64_is_the_limit),
		WITH_DIR(canonical_text),
		WITH_DIR(writing_what_was_read_changes_nothing),
		WITH_DIR(unreadable_files),
		cmocka_unit_test(getters_have_defaults),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
