/* The guest kind serial: the real agent behind a unix socket, as QEMU would give it; and nobody behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/run/guest/guest.h"
#include "tests/unit/built.h"

static int listen_at(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static pid_t serve(int at, const char *agent)
{
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	fd = accept(at, NULL, NULL);
	dup2(fd, 0);
	dup2(fd, 1);
	close(fd);
	execl(agent, agent, "--stdio", (char *)NULL);
	_exit(127);
}

static void the_agent_behind_the_socket_is_reached(void **state)
{
	char dir[64], agent[PATH_MAX + 32], text[128];
	struct pb_root root = {.fd = -1};
	struct pb_guest_spec spec;
	struct pb_guest g = {.spec = &spec, .root = &root};
	int64_t t = 0;
	int fd, status;
	pid_t pid;

	(void)state;
	if (!built_find("passbench-agent", agent, sizeof(agent)))
		skip();
	signal(SIGPIPE, SIG_IGN);
	snprintf(dir, sizeof(dir), "/tmp/passbench-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
	snprintf(text, sizeof(text), "serial:%s/sock,qemu-pid=%d", dir, (int)getpid());
	assert_int_equal(pb_guest_spec_parse(&spec, text, NULL, NULL), 0);
	fd = listen_at(spec.socket);
	pid = serve(fd, agent);
	assert_int_equal(spec.kind->preflight(&g, NULL), 0);
	assert_int_equal(spec.kind->start(&g, NULL), 0);
	assert_int_equal(g.qemu_pid, getpid());
	assert_int_equal(pb_agent_ping(&g.conn, &t, NULL), 0);
	assert_true(t > 0);
	spec.kind->stop(&g);
	assert_int_equal(waitpid(pid, &status, 0), pid); /* the agent ends with its stream */
	assert_true(WIFEXITED(status));
	close(fd);
	unlink(spec.socket);
	rmdir(dir);
	pb_root_close(&root);
}

static void nobody_there_is_one_sentence(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_guest_spec spec;
	struct pb_guest g = {.spec = &spec};

	(void)state;
	assert_int_equal(pb_guest_spec_parse(&spec, "serial:/no/such/socket", NULL, NULL), 0);
	assert_true(spec.kind->start(&g, &err) < 0);
	assert_int_equal(err.status, PB_MISSING);
	assert_non_null(strstr(err.msg, "/no/such/socket: No such file"));
	spec.kind->stop(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_agent_behind_the_socket_is_reached),
		cmocka_unit_test(nobody_there_is_one_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
