/*
 * Child processes: fork, exec, death with the parent, reaping by pidfd. Knows
 * nothing about what the children do. PR_SET_PDEATHSIG follows the thread that
 * forked, so children are started from threads that live as long as they should.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/run/host/spawn.h"
#include "engine/run/host/stop.h"

/* A killed QEMU gives back its guest's memory first, hundreds of GB in some seconds. */
#define KILL_MS 30000

struct pipes {
	int in[2], out[2], fail[2]; /* fail: errno of a failed exec, closed by a successful one */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_pipes(struct pipes *p)
{
	close_fd(&p->in[0]);
	close_fd(&p->in[1]);
	close_fd(&p->out[0]);
	close_fd(&p->out[1]);
	close_fd(&p->fail[0]);
	close_fd(&p->fail[1]);
}

static int open_pipes(struct pipes *p, const struct pb_spawn *s)
{
	if ((s->pipe_in && pipe2(p->in, O_CLOEXEC) < 0) || (s->pipe_out && pipe2(p->out, O_CLOEXEC) < 0) ||
	    pipe2(p->fail, O_CLOEXEC) < 0)
		return -errno;
	return 0;
}

static void reset_signals(void)
{
	const int sigs[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};
	sigset_t none;

	for (unsigned i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		signal(sigs[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: everything between fork and exec. Returns only on failure. */
static int exec_child(const struct pb_spawn *s, const struct pipes *p, pid_t parent)
{
	int input = open(s->in_path ? s->in_path : "/dev/null", (s->in_path ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	int in = s->pipe_in ? p->in[0] : input;
	int out = s->pipe_out ? p->out[1] : s->log_fd;

	if (input < 0 || (s->new_session && setsid() < 0) || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return errno;
	if (getppid() != parent)
		return ESRCH; /* the parent died before the line above took effect */
	if (dup2(in, 0) < 0 || (out >= 0 && dup2(out, 1) < 0) || (s->log_fd >= 0 && dup2(s->log_fd, 2) < 0))
		return errno;
	reset_signals();
	execvp(s->argv[0], (char *const *)s->argv);
	return errno;
}

/* 0 when exec succeeded, else its errno. */
static int read_failure(int fd)
{
	int code = 0;
	ssize_t n;

	do
		n = read(fd, &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(code) ? code : 0;
}

static int started(struct pb_child *c, struct pipes *p, pid_t pid)
{
	int code;

	close_fd(&p->fail[1]);
	code = read_failure(p->fail[0]);
	if (code) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return -code;
	}
	*c = (struct pb_child){.pid = pid, .in = p->in[1], .out = p->out[0]};
	p->in[1] = p->out[0] = -1;
	return 0;
}

int pb_spawn(struct pb_child *c, const struct pb_spawn *s, struct pb_err *err)
{
	struct pipes p = {{-1, -1}, {-1, -1}, {-1, -1}};
	pid_t parent = getpid(), pid;
	int rc = open_pipes(&p, s);

	if (rc == 0) {
		pid = fork();
		if (pid == 0) {
			int code = exec_child(s, &p, parent);
			ssize_t ignored = write(p.fail[1], &code, sizeof(code));

			(void)ignored;
			_exit(127);
		}
		rc = pid < 0 ? -errno : started(c, &p, pid);
	}
	close_pipes(&p);
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot run %s: %s", s->argv[0], strerror(-rc));
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int reap(struct pb_child *c)
{
	int status;

	while (waitpid(c->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	c->pid = 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int pb_child_wait(struct pb_child *c, int timeout_ms)
{
	int64_t end = now_ms() + timeout_ms;
	int pidfd, rc;

	if (c->pid <= 0)
		return -ECHILD;
	if (timeout_ms < 0)
		return reap(c);
	pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (pidfd < 0)
		return -errno;
	do {
		struct pollfd p = {.fd = pidfd, .events = POLLIN};
		int64_t left = end - now_ms();

		rc = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (rc < 0 && errno == EINTR);
	close(pidfd);
	return rc > 0 ? reap(c) : -ETIMEDOUT;
}

void pb_child_stop(struct pb_child *c, int grace_ms)
{
	if (c->pid > 0) {
		kill(c->pid, SIGTERM);
		if (pb_child_wait(c, grace_ms) == -ETIMEDOUT) {
			kill(c->pid, SIGKILL);
			pb_child_wait(c, KILL_MS);
		}
		c->pid = 0;
	}
	close_fd(&c->in);
	close_fd(&c->out);
}

/*
 * Reads to the end of the pipe. 0, -E2BIG, or -EINTR when a stop was asked: the
 * flag is looked at five times a second, as a signal may come just before the wait.
 */
static int read_all(int fd, struct pb_buf *out, size_t max)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char chunk[8192];
	size_t total = 0;
	ssize_t n = 1;

	while (n > 0) {
		if (pb_stop_asked())
			return -EINTR;
		if (poll(&p, 1, 200) <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0)
			return -errno;
		total += (size_t)n;
		if (total > max)
			return -E2BIG;
		if (pb_buf_add(out, chunk, (size_t)n) < 0)
			return -ENOMEM;
	}
	return 0;
}

int pb_spawn_run(const struct pb_spawn *s, struct pb_buf *out, size_t max, struct pb_err *err)
{
	struct pb_child c = {.in = -1, .out = -1};
	int rc = pb_spawn(&c, s, err);

	if (rc < 0)
		return rc;
	rc = read_all(c.out, out, max);
	if (rc == 0)
		rc = pb_child_wait(&c, -1);
	else if (rc == -EINTR)
		rc = pb_stop_check(err);
	else if (rc == -E2BIG)
		rc = pb_fail(err, PB_INVALID, E2BIG, "%s printed more than %zu bytes", s->argv[0], max);
	else
		rc = pb_fail(err, PB_MISSING, -rc, "reading from %s: %s", s->argv[0], strerror(-rc));
	pb_child_stop(&c, 200);
	return rc;
}

int pb_spawn_capture(const char *const *argv, struct pb_buf *out, size_t max, struct pb_err *err)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct pb_spawn s = {.argv = argv, .pipe_out = true, .log_fd = null};
	int rc = pb_spawn_run(&s, out, max, err);

	if (null >= 0)
		close(null);
	return rc;
}
