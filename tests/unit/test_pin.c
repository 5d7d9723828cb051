/* Affinity of threads as lists, and an undo log that pins a thread and lets it go again. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine/run/host/pin.h"
#include "engine/run/host/undo.h"
#include "tests/unit/faketree.h"

/* A process that does nothing until it is told to end. */
static pid_t sleeper(int *out)
{
	int fd[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		close(fd[1]);
		_exit(read(fd[0], &c, 1) == 0 ? 0 : 1);
	}
	close(fd[0]);
	*out = fd[1];
	return pid;
}

static void end(pid_t pid, int fd)
{
	close(fd);
	waitpid(pid, NULL, 0);
}

static void a_list_says_what_it_holds(void **state)
{
	(void)state;
	assert_true(pb_pin_holds("0-3,8", 2));
	assert_true(pb_pin_holds("0-3,8", 8));
	assert_false(pb_pin_holds("0-3,8", 5));
	assert_false(pb_pin_holds("", 0));
	assert_false(pb_pin_holds("0-3", -1));
	assert_false(pb_pin_holds("nonsense", 0));
}

static void a_thread_is_pinned_and_reads_back(void **state)
{
	char before[512], now[512];
	int fd;
	pid_t pid = sleeper(&fd);

	(void)state;
	assert_int_equal(pb_pin_get(pid, before, sizeof(before)), 0);
	assert_int_equal(pb_pin_set(pid, "0"), 0);
	assert_int_equal(pb_pin_get(pid, now, sizeof(now)), 0);
	assert_string_equal(now, "0");
	assert_int_equal(pb_pin_set(pid, before), 0);
	assert_int_equal(pb_pin_set(pid, ""), -EINVAL);
	assert_int_equal(pb_pin_set(pid, "4095"), -EINVAL);
	assert_int_equal(pb_pin_get(pid, now, 1), -ENOSPC);
	end(pid, fd);
	assert_int_equal(pb_pin_get(pid, now, sizeof(now)), -ESRCH);
	assert_int_equal(pb_pin_started(pid), 0);
}

static void the_undo_log_gives_a_thread_its_cpus_back(void **state)
{
	struct faketree f;
	struct pb_undo *u = NULL;
	char path[300], before[512], now[512];
	int fd;
	pid_t pid = sleeper(&fd);

	(void)state;
	fake_make(&f);
	fake_put(&f, "proc/sys/kernel/random/boot_id", "boot-1\n");
	snprintf(path, sizeof(path), "%s/undo.log", f.dir.path);
	assert_int_equal(pb_pin_get(pid, before, sizeof(before)), 0);
	if (!strcmp(before, "0"))
		skip(); /* one CPU: nothing to tell apart */
	assert_int_equal(pb_undo_open(&u, &f.root, path, NULL), 0);
	assert_int_equal(pb_undo_pin(u, pid, "vcpu0", "0", NULL), 0);
	assert_int_equal(pb_undo_standing(u), 1);
	pb_pin_get(pid, now, sizeof(now));
	assert_string_equal(now, "0");
	assert_int_equal(pb_undo_revert(u, UINT_MAX, NULL), 0);
	pb_pin_get(pid, now, sizeof(now));
	assert_string_equal(now, before);
	assert_int_equal(pb_undo_pin(u, pid, "vcpu0", "0", NULL), 0);
	end(pid, fd);
	/* the thread has ended: nothing is left to give back, and nobody else is touched */
	assert_int_equal(pb_undo_revert(u, UINT_MAX, NULL), 0);
	assert_int_equal(pb_undo_standing(u), 0);
	assert_true(pb_undo_pin(u, pid, "vcpu0", "0", NULL) < 0);
	pb_undo_close(u);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_says_what_it_holds),
		cmocka_unit_test(a_thread_is_pinned_and_reads_back),
		cmocka_unit_test(the_undo_log_gives_a_thread_its_cpus_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
