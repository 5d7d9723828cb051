/*
 * fork and exec with a deadline. The engine/run folder has a richer one for guests; reports may
 * not include it, and need only this.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "reports/tool.h"

#define POLL_NS 10000000L

/* In the child: never returns. An errno goes through the pipe when the program cannot be started. */
static void __attribute__((noreturn)) become(const char *const *argv, int dirfd, const char *log, int report)
{
	int null = open("/dev/null", O_RDONLY), out, e;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	out = openat(dirfd, log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0644);
	if (null < 0 || out < 0 || fchdir(dirfd) < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 ||
	    dup2(out, 2) < 0)
		goto fail;
	setenv("LC_ALL", "C.UTF-8", 1);
	execvp(argv[0], (char *const *)argv);
fail:
	e = errno;
	if (write(report, &e, sizeof(e)) < 0)
		_exit(126);
	_exit(127);
}

/* Wait status, or -1 after the child had to be killed. */
static int wait_until(pid_t pid, unsigned timeout_s)
{
	const struct timespec pause = {0, POLL_NS};
	struct timespec now, end;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += timeout_s;
	for (;;) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec >= end.tv_nsec))
			break;
		nanosleep(&pause, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1;
}

int pb_tool_run(const char *const *argv, int dirfd, const char *log, unsigned timeout_s, char *why,
		size_t size)
{
	int fds[2], started = 0, status;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0) {
		snprintf(why, size, "no pipe: %s", strerror(errno));
		return -EIO;
	}
	pid = fork();
	if (pid == 0)
		become(argv, dirfd, log, fds[1]);
	close(fds[1]);
	n = pid < 0 ? -1 : read(fds[0], &started, sizeof(started));
	close(fds[0]);
	if (pid < 0) {
		snprintf(why, size, "%s could not be started: %s", argv[0], strerror(errno));
		return -EIO;
	}
	status = wait_until(pid, timeout_s);
	if (n == (ssize_t)sizeof(started)) {
		snprintf(why, size, started == ENOENT ? "%s is not installed" : "%s could not be started",
			 argv[0]);
		return started == ENOENT ? -ENOENT : -EIO;
	}
	if (status == -1) {
		snprintf(why, size, "%s took longer than %u s", argv[0], timeout_s);
		return -ETIMEDOUT;
	}
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	snprintf(why, size, "%s failed, see report/charts/%s", argv[0], log);
	return -EIO;
}
