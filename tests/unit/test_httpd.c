/* Unit tests of engine/collectors/httpd.c: real connections over the loopback, friendly and not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/collectors/httpd.h"

static int page(void *arg, bool openmetrics, struct pb_buf *out)
{
	const atomic_size_t *size = arg;
	char line[64];

	memset(line, 'x', sizeof(line));
	pb_buf_printf(out, "openmetrics %d\n", openmetrics);
	while (out->len < *size && !out->failed)
		pb_buf_add(out, line, sizeof(line));
	return 0;
}

static atomic_size_t page_size; /* the server reads it while a test may already set the next */
static const struct pb_httpd_page the_page = {.fill = page, .arg = &page_size};

static struct pb_httpd *start(const char *where)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_httpd *h = NULL;

	if (pb_httpd_start(&h, where, &the_page, &err))
		fail_msg("%s", err.msg);
	return h;
}

static int connect_to(const struct pb_httpd *h)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), port;

	assert_int_equal(sscanf(pb_httpd_url(h), "http://127.0.0.1:%d/metrics", &port), 1);
	sa.sin_port = htons((uint16_t)port);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

/* Everything until the server closes; owned by the caller. */
static char *answer(int fd)
{
	size_t cap = 1 << 22, len = 0;
	char *text = malloc(cap);
	ssize_t n;

	assert_non_null(text);
	while (len < cap - 1 && (n = recv(fd, text + len, cap - 1 - len, 0)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fd);
	return text;
}

static char *ask(const struct pb_httpd *h, const char *request)
{
	int fd = connect_to(h);

	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
	return answer(fd);
}

static void expect(const struct pb_httpd *h, const char *request, const char *begin, const char *contains)
{
	char *text = ask(h, request);

	if (strncmp(text, begin, strlen(begin)) || !strstr(text, contains))
		fail_msg("to '%s' it said '%.300s'", request, text);
	free(text);
}

static void test_page(void **state)
{
	struct pb_httpd *h = start("0");

	(void)state;
	assert_true(pb_httpd_is_local(h));
	expect(h, "GET /metrics HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n", "text/plain; version=0.0.4");
	expect(h, "GET /metrics HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n", "\r\n\r\nopenmetrics 0\n");
	expect(h, "GET / HTTP/1.1\r\nAccept: application/openmetrics-text\r\n\r\n", "HTTP/1.0 200 OK\r\n",
	       "\r\n\r\nopenmetrics 1\n");
	expect(h, "HEAD /metrics HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n", "Content-Length: 14\r\n");
	expect(h, "GET /etc/passwd HTTP/1.0\r\n\r\n", "HTTP/1.0 404 ", "");
	expect(h, "PUT /metrics HTTP/1.0\r\n\r\n", "HTTP/1.0 405 ", "Allow: GET, HEAD");
	expect(h, "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP/1.0 403 ", "");
	expect(h, "garbage\n\n", "HTTP/1.0 400 ", "");
	pb_httpd_stop(h);
}

static void test_large_page_arrives_whole(void **state)
{
	struct pb_httpd *h = start("127.0.0.1:0");
	char *text, *body;

	(void)state;
	page_size = 3000000; /* more than any socket's buffer */
	text = ask(h, "GET /metrics HTTP/1.0\r\n\r\n");
	body = strstr(text, "\r\n\r\n");
	assert_non_null(body);
	assert_true(strlen(body + 4) >= page_size);
	free(text);
	page_size = 0;
	pb_httpd_stop(h);
}

static void test_huge_request(void **state)
{
	struct pb_httpd *h = start("0");
	char *request = malloc(100001), *text;

	(void)state;
	assert_non_null(request);
	memset(request, 'a', 100000);
	request[100000] = '\0';
	memcpy(request, "GET /metrics HTTP/1.1\r\nA: ", 26);
	text = ask(h, request);
	assert_true(!strncmp(text, "HTTP/1.0 431 ", 13) || !text[0]); /* reset before it was read */
	free(text);
	free(request);
	expect(h, "GET /metrics HTTP/1.0\r\n\r\n", "HTTP/1.0 200 ", "");
	pb_httpd_stop(h);
}

/* More idle connections than there are places: the next one is served all the same. */
static void test_slow_clients_give_way(void **state)
{
	struct pb_httpd *h = start("0");
	int fd[40];

	(void)state;
	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++) {
		fd[i] = connect_to(h);
		send(fd[i], "GET /", 5, MSG_NOSIGNAL);
		if (i % 10 == 9)
			expect(h, "GET /metrics HTTP/1.0\r\n\r\n", "HTTP/1.0 200 ", "");
	}
	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++)
		close(fd[i]);
	pb_httpd_stop(h);
}

static void test_client_that_goes_away(void **state)
{
	struct pb_httpd *h = start("0");

	(void)state;
	page_size = 3000000;
	for (int i = 0; i < 5; i++) {
		int fd = connect_to(h);

		send(fd, "GET /metrics HTTP/1.0\r\n\r\n", 25, MSG_NOSIGNAL);
		close(fd);
	}
	page_size = 0;
	expect(h, "GET /metrics HTTP/1.0\r\n\r\n", "HTTP/1.0 200 ", "");
	pb_httpd_stop(h);
	pb_httpd_stop(NULL);
}

static void test_bad_addresses(void **state)
{
	static const char *const bad[] = {
		"",       "x",          "65536",        "-1", ":80", "host.example:80",
		"::1:80", "127.0.0.1:", "1.2.3.4.5:80", "80x"};
	struct pb_httpd *h = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pb_err err = PB_ERR_INIT;

		if (pb_httpd_start(&h, bad[i], &the_page, &err) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(err.status, PB_USAGE);
	}
}

static void test_port_in_use(void **state)
{
	struct pb_httpd *h = start("0"), *second = NULL;
	struct pb_err err = PB_ERR_INIT;
	char where[32];
	int port;

	(void)state;
	assert_int_equal(sscanf(pb_httpd_url(h), "http://127.0.0.1:%d/metrics", &port), 1);
	snprintf(where, sizeof(where), "%d", port);
	assert_int_equal(pb_httpd_start(&second, where, &the_page, &err), -EADDRINUSE);
	assert_int_equal(err.status, PB_MISSING);
	pb_httpd_stop(h);
	h = start("0.0.0.0:0");
	assert_false(pb_httpd_is_local(h));
	pb_httpd_stop(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_large_page_arrives_whole),
		cmocka_unit_test(test_huge_request),
		cmocka_unit_test(test_slow_clients_give_way),
		cmocka_unit_test(test_client_that_goes_away),
		cmocka_unit_test(test_bad_addresses),
		cmocka_unit_test(test_port_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
