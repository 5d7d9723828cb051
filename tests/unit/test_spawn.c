/* Children and the stop flag: exit statuses, failed exec, timeouts, bounds, death with the parent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/run/host/spawn.h"
#include "engine/run/host/stop.h"

static int run(const char *script, int timeout_ms)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	struct pb_spawn s = {.argv = argv, .log_fd = -1};
	struct pb_child c;
	int rc;

	assert_int_equal(pb_spawn(&c, &s, NULL), 0);
	rc = pb_child_wait(&c, timeout_ms);
	pb_child_stop(&c, 0);
	return rc;
}

static void test_status(void **state)
{
	(void)state;
	assert_int_equal(run("exit 7", -1), 7);
	assert_int_equal(run("exit 0", 60000), 0);
	assert_int_equal(run("kill -9 $$", -1), 128 + SIGKILL);
	assert_int_equal(run("exec sleep 60", 20), -ETIMEDOUT);
}

static void test_missing_program(void **state)
{
	const char *const argv[] = {"passbench-no-such-program", NULL};
	struct pb_spawn s = {.argv = argv, .log_fd = -1};
	struct pb_err err = PB_ERR_INIT;
	struct pb_child c;

	(void)state;
	assert_int_equal(pb_spawn(&c, &s, &err), -ENOENT);
	assert_int_equal(err.status, PB_MISSING);
	assert_non_null(strstr(err.msg, "passbench-no-such-program"));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing left to reap */
	assert_int_equal(errno, ECHILD);
}

static void test_pipes(void **state)
{
	const char *const argv[] = {"cat", NULL};
	struct pb_spawn s = {
		.argv = argv, .pipe_in = true, .pipe_out = true, .log_fd = -1, .new_session = true};
	struct pb_child c;
	char buf[8] = "";

	(void)state;
	assert_int_equal(pb_spawn(&c, &s, NULL), 0);
	assert_int_equal(getsid(c.pid), c.pid);
	assert_int_equal(write(c.in, "hello", 5), 5);
	assert_int_equal(read(c.out, buf, 5), 5);
	assert_string_equal(buf, "hello");
	close(c.in);
	c.in = -1;
	assert_int_equal(pb_child_wait(&c, -1), 0);
	assert_int_equal(pb_child_wait(&c, -1), -ECHILD);
	pb_child_stop(&c, 0);
	pb_child_stop(&c, 0);
	assert_int_equal(c.out, -1);
}

static void test_capture(void **state)
{
	const char *const ok[] = {"sh", "-c", "printf abc; echo noise >&2; exit 3", NULL};
	const char *const endless[] = {"yes", NULL};
	struct pb_buf out = {0};
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	assert_int_equal(pb_spawn_capture(ok, &out, 3, &err), 3);
	assert_string_equal(out.data, "abc");
	assert_int_equal(pb_spawn_capture(endless, &out, 100000, &err), -E2BIG);
	assert_non_null(strstr(err.msg, "yes"));
	pb_buf_fini(&out);
}

static void test_stubborn_child_is_killed(void **state)
{
	const char *const argv[] = {"sh", "-c", "trap '' TERM; echo up; exec sleep 60", NULL};
	struct pb_spawn s = {.argv = argv, .pipe_out = true, .log_fd = -1};
	struct pb_child c;
	pid_t pid;
	char up[3];

	(void)state;
	assert_int_equal(pb_spawn(&c, &s, NULL), 0);
	pid = c.pid;
	assert_int_equal(read(c.out, up, 3), 3);
	pb_child_stop(&c, 10);
	assert_int_equal(c.pid, 0);
	assert_int_equal(kill(pid, 0), -1);
}

/* The grandchild holds the write end of a pipe: end of file proves that it is gone. */
static void test_dies_with_parent(void **state)
{
	int p[2];
	char c;
	pid_t middle;

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	middle = fork();
	if (middle == 0) {
		const char *const argv[] = {"sleep", "600", NULL};
		struct pb_spawn s = {.argv = argv, .log_fd = p[1]};
		struct pb_child child;

		_exit(pb_spawn(&child, &s, NULL) == 0 ? 0 : 1);
	}
	close(p[1]);
	assert_int_equal(waitpid(middle, NULL, 0), middle);
	assert_int_equal(read(p[0], &c, 1), 0);
	close(p[0]);
}

/* Last: the flag stays set. */
static void test_stop(void **state)
{
	const char *const argv[] = {"sh", "-c", "kill -INT $PPID; exec sleep 600", NULL};
	struct pb_err err = PB_ERR_INIT;
	struct pb_buf out = {0};

	(void)state;
	pb_stop_install();
	assert_false(pb_stop_asked());
	assert_false(pb_stop_sleep_ms(1));
	assert_int_equal(pb_stop_check(&err), 0);
	assert_int_equal(pb_spawn_capture(argv, &out, 100, &err), -EINTR);
	assert_int_equal(err.status, PB_INTERRUPTED);
	assert_true(pb_stop_sleep_ms(600000));
	assert_int_equal(pb_stop_check(NULL), -EINTR);
	pb_buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_missing_program),
		cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_capture),
		cmocka_unit_test(test_stubborn_child_is_killed),
		cmocka_unit_test(test_dies_with_parent),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
