/*
 * Starting and stopping fio. Does not understand job files: what fio may do is
 * limited by --readonly, not by reading the job.
 */
#include "engine/agent/fio_job.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_TRIES 2000 /* times TICK_MS: until the first I/O completed */
#define STOP_TRIES 1000  /* times TICK_MS: until SIGKILL */
#define TICK_MS 10
#define TAIL_BYTES 600
#define FIO_STOPPED 128 /* fio's exit status after SIGINT */

static void in_dir(const struct pb_fio_job *job, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", job->dir, name);
}

static int put_file(const struct pb_fio_job *job, const char *name, const char *text, struct pb_err *err)
{
	char path[128];
	size_t len = strlen(text);
	ssize_t n;
	int fd;

	in_dir(job, name, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return pb_fail(err, PB_MISSING, errno, "cannot write %s: %s", path, strerror(errno));
	n = write(fd, text, len);
	close(fd);
	return n == (ssize_t)len ? 0 : pb_fail(err, PB_MISSING, ENOSPC, "cannot write %s: no space", path);
}

/* In the child of fork, with other threads' locks in unknown state: only async-signal-safe calls. */
static void exec_fio(const struct pb_fio_job *job, int log_fd, char *const argv[], char *const envp[])
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* a session of its own: Ctrl-C at the terminal is for passbench, which then stops fio in order */
	setsid();
	if (chdir(job->dir))
		_exit(126);
	dup2(null, 0);
	dup2(log_fd, 1);
	dup2(log_fd, 2);
	execve(argv[0], argv, envp);
	_exit(127);
}

static int spawn(struct pb_fio_job *job, const struct pb_fio_start *s, struct pb_err *err)
{
	char engine[sizeof(s->tool->engine) + 32], page[160], disk[PATH_MAX + 32], backend[64], log[128];
	char *argv[] = {(char *)s->tool->path,
			(char *)"--output-format=json",
			(char *)"--output=fio.json",
			(char *)"--eta=never",
			(char *)"job.fio",
			s->write ? NULL : (char *)"--readonly",
			NULL};
	char *envp[] = {
		engine, page, disk, backend, (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C",
		NULL};
	int fd;

	snprintf(engine, sizeof(engine), "PASSBENCH_ENGINE=%s", s->engine ? s->engine : s->tool->engine);
	snprintf(page, sizeof(page), "PASSBENCH_PAGE=%s/page", job->dir);
	snprintf(disk, sizeof(disk), "PASSBENCH_DISK=%s", s->disk_path);
	snprintf(backend, sizeof(backend), "PASSBENCH_BACKEND=%s", s->backend);
	in_dir(job, "fio.log", log, sizeof(log));
	fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return pb_fail(err, PB_MISSING, errno, "cannot write %s: %s", log, strerror(errno));
	job->pid = fork();
	if (job->pid == 0)
		exec_fio(job, fd, argv, envp);
	close(fd);
	if (job->pid > 0)
		return 0;
	job->pid = 0;
	return pb_fail(err, PB_MISSING, errno, "cannot start %s: %s", s->tool->path, strerror(errno));
}

/* Last lines of fio.log, on one line, printable. */
static char *read_tail(const struct pb_fio_job *job)
{
	char path[128], text[TAIL_BYTES + 1], *c;
	off_t size;
	ssize_t n;
	int fd;

	in_dir(job, "fio.log", path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return strdup("");
	size = lseek(fd, 0, SEEK_END);
	n = pread(fd, text, TAIL_BYTES, size > TAIL_BYTES ? size - TAIL_BYTES : 0);
	close(fd);
	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n > 0 ? n : 0] = '\0';
	for (c = text; *c; c++) {
		if (*c == '\n')
			*c = ';';
		else if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return strdup(text);
}

/* fio writes "fio: terminating on signal 2" into its JSON file: keep what is between the outermost braces. */
static void clean_json(const struct pb_fio_job *job)
{
	char path[128], *text, *from, *to;
	struct stat st;
	ssize_t n = -1;
	int fd;

	in_dir(job, "fio.json", path, sizeof(path));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	text = fstat(fd, &st) ? NULL : calloc(1, (size_t)st.st_size + 1);
	if (text)
		n = pread(fd, text, (size_t)st.st_size, 0);
	from = n > 0 ? strchr(text, '{') : NULL;
	to = from ? strrchr(from, '}') : NULL;
	if (to) {
		ssize_t len = to - from + 1;

		from[len++] = '\n';
		if (pwrite(fd, from, (size_t)len, 0) == len && ftruncate(fd, len))
			unlink(path); /* better no file than one that cannot be read */
	}
	free(text);
	close(fd);
}

static void reaped(struct pb_fio_job *job, int status)
{
	job->pid = 0;
	job->ended = true;
	job->exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	/* jobs go on after failed I/Os, which the page counts: what to make of them is the host's business */
	if (job->asked && job->exit == FIO_STOPPED)
		job->exit = 0;
	pb_page_end(job->page);
	clean_json(job);
	free(job->log_tail);
	job->log_tail = read_tail(job);
}

bool pb_fio_job_running(struct pb_fio_job *job)
{
	int status;

	if (job->pid && waitpid(job->pid, &status, WNOHANG) == job->pid)
		reaped(job, status);
	return job->pid != 0;
}

static void nap(void)
{
	poll(NULL, 0, TICK_MS);
}

static int wait_started(struct pb_fio_job *job, struct pb_err *err)
{
	struct pb_page_row row;
	int i;

	for (i = 0; i < START_TRIES; i++) {
		pb_page_total(job->page, &row);
		if (row.completed || row.failed)
			return 0;
		if (!pb_fio_job_running(job))
			return pb_fail(err, PB_MISSING, EIO, "fio ended before any I/O (exit %d): %.500s",
				       job->exit,
				       job->log_tail && *job->log_tail ? job->log_tail : "it said nothing");
		nap();
	}
	return pb_fail(err, PB_MISSING, ETIMEDOUT, "fio runs but no I/O has completed for %d s",
		       START_TRIES * TICK_MS / 1000);
}

int pb_fio_job_start(struct pb_fio_job *job, const struct pb_fio_start *start, struct pb_err *err)
{
	char page[128];
	int rc;

	pb_fio_job_release(job);
	snprintf(job->dir, sizeof(job->dir), "%s", start->dir);
	in_dir(job, "page", page, sizeof(page));
	unlink(page);
	rc = pb_page_create(&job->page, page, start->depth, err);
	rc = rc ? rc : put_file(job, "job.fio", start->job, err);
	rc = rc ? rc : put_file(job, "fio.json", "", err);
	rc = rc ? rc : spawn(job, start, err);
	if (!rc && !start->engine)
		rc = wait_started(job, err);
	if (rc)
		pb_fio_job_release(job);
	return rc;
}

/* Instead of fio, which did not. */
static void say(struct pb_fio_job *job, const char *text)
{
	free(job->log_tail);
	job->log_tail = strdup(text);
}

void pb_fio_job_stop(struct pb_fio_job *job)
{
	int i;

	if (!pb_fio_job_running(job))
		return;
	job->asked = true;
	kill(job->pid, SIGINT);
	for (i = 0; i < STOP_TRIES && pb_fio_job_running(job); i++)
		nap();
	if (!job->pid)
		return;
	kill(job->pid, SIGKILL);
	for (i = 0; i < STOP_TRIES && pb_fio_job_running(job); i++)
		nap();
	if (!job->pid && job->log_tail && *job->log_tail)
		return;
	if (!job->pid) {
		say(job, "fio did not end within 10 s and was killed: does its disk still answer?");
		return;
	}
	/* in the kernel for good, waiting for a disk that does not answer: nothing more can be done from here
	 */
	job->pid = 0;
	job->ended = true;
	job->exit = 128 + SIGKILL;
	say(job, "fio cannot be killed: it waits for a disk that does not answer");
}

void pb_fio_job_release(struct pb_fio_job *job)
{
	pb_fio_job_stop(job);
	pb_page_unmap(job->page);
	free(job->log_tail);
	*job = (struct pb_fio_job){.pid = 0};
}
