/*
 * engine/lib/plain: what may be shown stays as it is, everything else becomes U+FFFD.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/lib/plain.h"

#define BAD PB_PLAIN_REPLACEMENT

static void assert_plain(const char *text, const char *want)
{
	struct pb_buf b = {0};

	assert_int_equal(pb_plain_add(&b, text), 0);
	assert_string_equal(b.data, want);
	pb_buf_fini(&b);
}

static void text_stays(void **state)
{
	(void)state;
	assert_plain("", "");
	assert_plain("Samsung SSD 990 PRO", "Samsung SSD 990 PRO");
	assert_plain("\xe7\xa3\x81\xe7\x9b\x98 \xc2\xb5s \xf0\x9f\x92\xbe",
		     "\xe7\xa3\x81\xe7\x9b\x98 \xc2\xb5s \xf0\x9f\x92\xbe");
}

static void one_line(void **state)
{
	(void)state;
	assert_plain("a\nb\tc", "a b c");
	assert_plain("a\rb\x1b[2Jc\x7f", "a" BAD "b" BAD "[2Jc" BAD);
	assert_plain("\xc2\x9b"
		     "31m",
		     BAD "31m");
}

static void bidi_and_invisible(void **state)
{
	(void)state;
	assert_plain("abc\xe2\x80\xae"
		     "fed",
		     "abc" BAD "fed");
	assert_plain("a\xe2\x80\x8b"
		     "b\xef\xbb\xbf",
		     "a" BAD "b" BAD);
}

static void broken_utf8(void **state)
{
	(void)state;
	assert_plain("\xff\xfe", BAD BAD);
	assert_plain("\xc0\xaf", BAD BAD);
	assert_plain("\xed\xa0\x80", BAD BAD BAD);
	assert_plain("\xe7\xa3", BAD BAD);
	assert_plain("x\xf4\x90\x80\x80", "x" BAD BAD BAD BAD);
}

static void copy_cuts_between_characters(void **state)
{
	char *c = pb_plain_copy("ab\xe7\xa3\x81", 4);

	(void)state;
	assert_string_equal(c, "ab");
	free(c);
	c = pb_plain_copy("ab\xe7\xa3\x81", 5);
	assert_string_equal(c, "ab\xe7\xa3\x81");
	free(c);
	c = pb_plain_copy("", 5);
	assert_string_equal(c, "");
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stays),
		cmocka_unit_test(one_line),
		cmocka_unit_test(bidi_and_invisible),
		cmocka_unit_test(broken_utf8),
		cmocka_unit_test(copy_cuts_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
