/* Unit tests of engine/collectors/httpreq.c: what is answered, and how everything else is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/collectors/httpreq.h"

static int parse(const char *text, struct pb_httpreq *r)
{
	return pb_httpreq_parse(text, strlen(text), r);
}

static void test_get(void **state)
{
	struct pb_httpreq r;

	(void)state;
	assert_int_equal(parse("GET /metrics?x=1 HTTP/1.1\r\nHost: localhost:9100\r\n"
			       "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n\r\n",
			       &r),
			 1);
	assert_string_equal(r.path, "/metrics");
	assert_string_equal(r.host, "localhost:9100");
	assert_true(r.openmetrics);
	assert_false(r.head);
	assert_int_equal(parse("HEAD / HTTP/1.0\n\n", &r), 1);
	assert_true(r.head);
	assert_false(r.openmetrics);
	assert_string_equal(r.host, "");
}

static void test_incomplete(void **state)
{
	static const char text[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
	struct pb_httpreq r;

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(pb_httpreq_parse(text, n, &r), 0);
	assert_int_equal(pb_httpreq_parse(text, sizeof(text) - 1, &r), 1);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		int status;
	} bad[] = {
		{"\r\n\r\n", -400},
		{"GET\r\n\r\n", -400},
		{"GET /metrics\r\n\r\n", -400},
		{"GET metrics HTTP/1.1\r\n\r\n", -400},
		{"GET http://x/metrics HTTP/1.1\r\n\r\n", -400},
		{"GET /a\x7f HTTP/1.1\r\n\r\n", -400},
		{"GET /\001 HTTP/1.1\r\n\r\n", -400},
		{" GET / HTTP/1.1\r\n\r\n", -400},
		{"POST /metrics HTTP/1.1\r\n\r\n", -405},
		{"get /metrics HTTP/1.1\r\n\r\n", -405},
		{"GET / HTTP/2.0\r\n\r\n", -505},
		{"GET / HTTP/1.x\r\n\r\n", -505},
		{"GET / ICAP/1.1\r\n\r\n", -400},
		{"GET / HTTP/1.1\r\nno colon\r\n\r\n", -400},
		{"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", -400},
		{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", -400},
		{"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", -400},
		{"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", -400},
		{"\x16\x03\x01\x02\n", -400}, /* TLS */
	};
	struct pb_httpreq r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(bad[i].text, &r) != bad[i].status)
			fail_msg("case %zu: %d", i, parse(bad[i].text, &r));
}

static void test_bounds(void **state)
{
	char text[2 * PB_HTTPREQ_MAX];
	struct pb_httpreq r;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "GET /", 5);
	assert_int_equal(pb_httpreq_parse(text, PB_HTTPREQ_MAX - 1, &r), 0);
	assert_int_equal(pb_httpreq_parse(text, PB_HTTPREQ_MAX, &r), -431);
	assert_int_equal(pb_httpreq_parse(text, sizeof(text), &r), -431);
	memcpy(text + 300, " HTTP/1.1\r\n", 11);
	assert_int_equal(pb_httpreq_parse(text, 400, &r), -414);
	assert_int_equal(pb_httpreq_parse("GET / HTTP/1.1\r\nA: \0b\r\n\r\n", 26, &r), -400);
}

static void test_host(void **state)
{
	static const char *const local[] = {"",      "localhost", "LocalHost:1", "127.0.0.1:9100",
					    "[::1]", "[::1]:80"};
	static const char *const foreign[] = {"evil.example", "localhost.evil.example", "127.0.0.1.evil",
					      "192.0.2.1"};
	struct pb_httpreq r = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		strcpy(r.host, local[i]);
		assert_true(pb_httpreq_host_is_local(&r));
	}
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		strcpy(r.host, foreign[i]);
		assert_false(pb_httpreq_host_is_local(&r));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),     cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
