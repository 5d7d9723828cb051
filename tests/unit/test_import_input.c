/* Unit tests of engine/import/input.c: encodings, pipes, what cannot be read. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/import/input.h"
#include "tests/unit/tmpdir.h"

struct test {
	struct tmpdir tmp;
	char path[96];
};

static int setup(void **state)
{
	struct test *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	tmpdir_make(&t->tmp);
	snprintf(t->path, sizeof(t->path), "%s/in", t->tmp.path);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;

	tmpdir_remove(&t->tmp);
	free(t);
	return 0;
}

/* The file's bytes as text, read in small pieces; the length, or -errno. */
static long read_as(struct test *t, const void *bytes, size_t n, struct pb_buf *text, char *encoding,
		    struct pb_err *err)
{
	struct pb_input *in = NULL;
	char piece[7];
	ssize_t got;
	int rc;

	tmpdir_write_bytes(&t->tmp, "in", bytes, n);
	rc = pb_input_open(&in, t->path, NULL, err);
	if (rc)
		return rc;
	while ((got = pb_input_read(in, piece, sizeof(piece), err)) > 0)
		assert_int_equal(pb_buf_add(text, piece, (size_t)got), 0);
	strcpy(encoding, pb_input_encoding(in));
	pb_input_close(in);
	return got < 0 ? got : (long)text->len;
}

static void check(struct test *t, const void *bytes, size_t n, const char *expected, const char *encoding)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_buf text = {0};
	char name[32];

	assert_int_equal(read_as(t, bytes, n, &text, name, &err), strlen(expected));
	assert_string_equal(text.data, expected);
	assert_string_equal(name, encoding);
	pb_buf_fini(&text);
}

static void encodings_become_utf8(void **state)
{
	struct test *t = *state;

	check(t, "abc\xc3\xa9\n", 6, "abc\xc3\xa9\n", "UTF-8");
	check(t,
	      "\xef\xbb\xbf"
	      "abc",
	      6, "abc", "UTF-8");
	check(t,
	      "\xff\xfe"
	      "a\0\xe9\0",
	      6, "a\xc3\xa9", "UTF-16LE");
	check(t, "\xfe\xff\0a\0\xe9", 6, "a\xc3\xa9", "UTF-16BE");
	check(t, "a\0b\0", 4, "ab", "UTF-16LE");
	check(t, "\0a\0b", 4, "ab", "UTF-16BE");
	check(t, "Prozessor\xfc\x80", 11, "Prozessor\xc3\xbc\xe2\x82\xac", "WINDOWS-1252");
}

static void what_is_in_no_encoding_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
		{"\xc3\xa9 and \xe9", 8}, /* both alphabets */
		{"\xc3\xa9\xe2\x82", 4},  /* cut off */
		{"\xff\xfe"
		 "a\0b",
		 5}, /* half a character */
		{"\xff\xfe\x00\xd8"
		 "a\0",
		 6},          /* a surrogate alone */
		{"a\x81", 2}, /* not in Windows' alphabet either */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pb_err err = PB_ERR_INIT;
		struct pb_buf text = {0};
		char name[32];

		assert_true(read_as(*state, bad[i].bytes, bad[i].n, &text, name, &err) < 0);
		assert_int_equal(err.status, PB_USAGE);
		assert_non_null(strstr(err.msg, "byte"));
		pb_buf_fini(&text);
	}
}

/* A character cut by the end of a chunk: every place of it. */
static void a_character_across_chunks_is_whole(void **state)
{
	struct test *t = *state;
	size_t n = 3 * 65536;
	char *bytes = malloc(n + 4), *expected = malloc(n + 4);

	for (size_t shift = 0; shift < 4; shift++) {
		struct pb_err err = PB_ERR_INIT;
		struct pb_buf text = {0};
		char name[32];
		size_t len = shift;

		memset(bytes, 'x', shift);
		while (len + 3 <= n) {
			memcpy(bytes + len, "\xe2\x82\xac", 3);
			len += 3;
		}
		memcpy(expected, bytes, len);
		assert_int_equal(read_as(t, bytes, len, &text, name, &err), len);
		assert_memory_equal(text.data, expected, len);
		pb_buf_fini(&text);
	}
	free(bytes);
	free(expected);
}

static void what_cannot_be_read_is_named(void **state)
{
	struct test *t = *state;
	struct pb_err err = PB_ERR_INIT, dir = PB_ERR_INIT, empty = PB_ERR_INIT;
	struct pb_input *in = NULL;

	assert_true(pb_input_open(&in, t->path, NULL, &err) == -ENOENT);
	assert_non_null(strstr(err.msg, t->path));
	assert_true(pb_input_open(&in, t->tmp.path, NULL, &dir) == -EISDIR);
	assert_non_null(strstr(dir.msg, "directory"));
	tmpdir_write(&t->tmp, "in", "");
	assert_true(pb_input_open(&in, t->path, NULL, &empty) < 0);
	assert_non_null(strstr(empty.msg, "empty"));
	assert_null(in);
}

static int stop(void *arg, struct pb_err *err)
{
	(void)arg;
	return pb_fail(err, PB_INTERRUPTED, EINTR, "interrupted");
}

static void whoever_watches_can_end_it(void **state)
{
	struct test *t = *state;
	const struct pb_input_watch watch = {.check = stop};
	struct pb_err err = PB_ERR_INIT;
	struct pb_input *in = NULL;

	tmpdir_write(&t->tmp, "in", "abc");
	assert_true(pb_input_open(&in, t->path, &watch, &err) < 0);
	assert_int_equal(err.status, PB_INTERRUPTED);
}

static void the_head_is_read_and_not_consumed(void **state)
{
	struct test *t = *state;
	struct pb_err err = PB_ERR_INIT;
	struct pb_buf all = {0};
	struct pb_input *in = NULL;

	tmpdir_write(&t->tmp, "in", "{\"a\": 1}");
	assert_int_equal(pb_input_open(&in, t->path, NULL, &err), 0);
	assert_string_equal(pb_input_head(in), "{\"a\": 1}");
	assert_int_equal(pb_input_slurp(in, &all, 100, &err), 0);
	assert_string_equal(all.data, "{\"a\": 1}");
	assert_int_equal(pb_input_bytes(in), 8);
	pb_input_close(in);
	pb_buf_fini(&all);
	assert_int_equal(pb_input_open(&in, t->path, NULL, &err), 0);
	assert_true(pb_input_slurp(in, &all, 7, &err) == -EFBIG);
	pb_input_close(in);
	pb_buf_fini(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(encodings_become_utf8, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_in_no_encoding_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_character_across_chunks_is_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(whoever_watches_can_end_it, setup, teardown),
		cmocka_unit_test_setup_teardown(the_head_is_read_and_not_consumed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
