/* RFC 4648 vectors, random round trips, and what must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/lib/base64.h"

static void rfc_vectors(void **state)
{
	static const char *const plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
	static const char *const coded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		struct pb_buf b = {0};

		assert_int_equal(pb_base64_encode(&b, plain[i], strlen(plain[i])), 0);
		assert_string_equal(b.data ? b.data : "", coded[i]);
		pb_buf_clear(&b);
		assert_int_equal(pb_base64_decode(&b, coded[i]), 0);
		assert_int_equal(b.len, strlen(plain[i]));
		assert_memory_equal(b.data ? b.data : "", plain[i], b.len);
		pb_buf_fini(&b);
	}
}

static void any_bytes_come_back(void **state)
{
	unsigned seed = 3;
	unsigned char data[300];

	(void)state;
	for (size_t len = 0; len < sizeof(data); len++) {
		struct pb_buf text = {0}, back = {0};

		for (size_t i = 0; i < len; i++)
			data[i] = (unsigned char)rand_r(&seed);
		assert_int_equal(pb_base64_encode(&text, data, len), 0);
		assert_int_equal(pb_base64_decode(&back, text.data ? text.data : ""), 0);
		assert_int_equal(back.len, len);
		if (len)
			assert_memory_equal(back.data, data, len);
		pb_buf_fini(&text);
		pb_buf_fini(&back);
	}
}

static void what_is_not_base64_is_refused(void **state)
{
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm 9", "Zm9\x80", "Zg==Zg=="};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pb_buf b = {0};

		assert_true(pb_base64_decode(&b, bad[i]) < 0);
		pb_buf_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_vectors),
		cmocka_unit_test(any_bytes_come_back),
		cmocka_unit_test(what_is_not_base64_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
