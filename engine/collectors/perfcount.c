/*
 * perf_event_open without the perf tool. libpfm4 leaves exclude_guest set unless an
 * event says :mg or :mh, so callers always say which.
 */
#include "engine/collectors/perfcount.h"

#include <errno.h>
#include <perfmon/pfmlib_perf_event.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/lib/csv.h"

static int open_event(struct perf_event_attr *attr, pid_t tid, int cpu, int group)
{
	long fd = syscall(SYS_perf_event_open, attr, tid, cpu, group, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

int pb_perf_encode(const char *event, struct perf_event_attr *attr, char *why, size_t size)
{
	pfm_perf_encode_arg_t arg = {.size = sizeof(arg), .attr = attr};
	int rc = pfm_initialize();

	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	if (rc == PFM_SUCCESS)
		rc = pfm_get_os_event_encoding(event, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT_EXT, &arg);
	if (rc == PFM_SUCCESS)
		return 0;
	snprintf(why, size, "libpfm4 cannot encode %s: %s", event, pfm_strerror(rc));
	return -EINVAL;
}

/* In the child: only system calls. */
static void try_child(const struct perf_event_attr *attr, pid_t tid, int cpu, int out)
{
	struct perf_event_attr a = *attr;
	int fd = open_event(&a, tid, cpu, -1);
	char result[sizeof(int)];

	memcpy(result, &fd, sizeof(fd));
	if (write(out, result, sizeof(result)) < 0)
		_exit(1);
	_exit(0);
}

int pb_perf_try(const struct perf_event_attr *attr, int timeout_ms)
{
	return pb_perf_try_on(attr, 0, -1, timeout_ms);
}

int pb_perf_try_on(const struct perf_event_attr *attr, pid_t tid, int cpu, int timeout_ms)
{
	struct pollfd p = {.events = POLLIN};
	int pipefd[2], result = -EFAULT, rc;
	pid_t child;

	if (pipe(pipefd))
		return -errno;
	child = fork();
	if (child == 0)
		try_child(attr, tid, cpu, pipefd[1]);
	close(pipefd[1]);
	if (child < 0) {
		rc = -errno;
		close(pipefd[0]);
		return rc;
	}
	p.fd = pipefd[0];
	do
		rc = poll(&p, 1, timeout_ms);
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		result = -ETIMEDOUT;
	else if (rc > 0 && read(pipefd[0], &result, sizeof(result)) != sizeof(result))
		result = -EFAULT;
	close(pipefd[0]);
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return result < 0 ? result : 0;
}

int pb_perf_open(struct pb_perf_group *g, const struct perf_event_attr *attr, size_t n, pid_t tid)
{
	size_t open = 0;

	if (!n || n > PB_PERF_GROUP_MAX)
		return -EINVAL;
	g->n = n;
	for (size_t i = 0; i < n; i++) {
		struct perf_event_attr a = attr[i];

		a.read_format =
			PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
		a.disabled = 0;
		a.inherit = 0;
		g->fd[i] = open_event(&a, tid, -1, i ? g->fd[0] : -1);
		g->slot[i] = open;
		if (g->fd[i] >= 0) {
			open++;
			continue;
		}
		if (!i)
			return g->fd[0];
		g->fd[i] = -1;
	}
	return 0;
}

int pb_perf_read(const struct pb_perf_group *g, struct pb_perf_values *v)
{
	struct {
		uint64_t nr, enabled, running, value[PB_PERF_GROUP_MAX];
	} in = {0};
	ssize_t n = read(g->fd[0], &in, sizeof(in));

	if (n < 0)
		return -errno;
	if ((size_t)n < 3 * sizeof(uint64_t))
		return -ENODATA; /* an event in error state reads as end of file */
	v->enabled_ns = (int64_t)in.enabled;
	v->running_ns = (int64_t)in.running;
	for (size_t i = 0; i < g->n; i++)
		v->value[i] = g->fd[i] >= 0 && g->slot[i] < in.nr && in.running
				      ? (int64_t)in.value[g->slot[i]]
				      : PB_NA;
	return 0;
}

void pb_perf_close(struct pb_perf_group *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->fd[i] >= 0)
			close(g->fd[i]);
	g->n = 0;
}
