/* The QMP client against a QEMU that a child of ours plays, a misbehaving one too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/run/guest/qmp.h"

#define GREETING "{\"QMP\":{}}\n{\"return\":{}}\n"

static char dir[32], path[64];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/pb-qmp.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/qmp.sock", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

/* Listens; a child accepts, says everything at once and hangs up after the client did. */
static pid_t play(const char *script, size_t len)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM, 0), c;
	char sink[256];
	pid_t pid;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	unlink(path);
	assert_int_equal(bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(s, 1), 0);
	pid = fork();
	if (pid == 0) {
		c = accept(s, NULL, NULL);
		while (len > 0) {
			ssize_t n = send(c, script, len, MSG_NOSIGNAL);

			if (n < 0)
				_exit(0);
			script += n;
			len -= (size_t)n;
		}
		shutdown(c, SHUT_WR);
		while (read(c, sink, sizeof(sink)) > 0)
			;
		_exit(0);
	}
	close(s);
	return pid;
}

static void test_answer_after_events(void **state)
{
	const char *script = GREETING "{\"event\":\"RESUME\"}\n{\"return\":[{\"thread-id\":7}]}\n"
				      "{\"error\":{\"desc\":\"no such thing\"}}\n";
	struct pb_err err = PB_ERR_INIT;
	struct pb_qmp q;
	json_t *r = NULL;
	pid_t pid = play(script, strlen(script));

	(void)state;
	assert_int_equal(pb_qmp_open(&q, path, &err), 0);
	assert_int_equal(pb_qmp_command(&q, "query-cpus-fast", &r, &err), 0);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(r, 0), "thread-id")), 7);
	json_decref(r);
	r = NULL;
	assert_true(pb_qmp_command(&q, "nonsense", &r, &err) < 0);
	assert_non_null(strstr(err.msg, "no such thing"));
	assert_null(r);
	pb_qmp_close(&q);
	pb_qmp_close(&q);
	waitpid(pid, NULL, 0);
}

static void refused(const char *script, size_t len, int expected)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_qmp q;
	pid_t pid = play(script, len);

	assert_int_equal(pb_qmp_open(&q, path, &err), expected);
	assert_int_equal(err.status, PB_MISSING);
	assert_int_equal(q.fd, -1);
	waitpid(pid, NULL, 0);
}

static void test_misbehaving(void **state)
{
	size_t len = 2u << 20;
	char *endless = malloc(len);

	(void)state;
	assert_non_null(endless);
	memset(endless, 'x', len);
	refused(endless, len, -EMSGSIZE);
	free(endless);
	refused("garbage\n", 8, -EPROTO);
	refused("[1]\n", 4, -EPROTO);
	refused("{\"HTTP\":1}\n", 11, -EPROTO);
}

/* While QEMU starts: no message, so that the caller tries again. */
static void test_not_there_yet(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_qmp q;

	(void)state;
	unlink(path);
	assert_int_equal(pb_qmp_open(&q, path, &err), -ENOENT);
	assert_string_equal(err.msg, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer_after_events),
		cmocka_unit_test(test_misbehaving),
		cmocka_unit_test(test_not_there_yet),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
