/*
 * perf_event_open without the perf tool. libpfm4 leaves exclude_guest set unless an
 * event says :mg or :mh, so callers always say which.
 */
#include "engine/collectors/perfcount.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <perfmon/pfmlib_perf_event.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/collectors/reason.h"
#include "engine/lib/csv.h"

#define TRY_WORK_NS 1000000L

static int open_event(struct perf_event_attr *attr, pid_t tid, int cpu, int group)
{
	long fd = syscall(SYS_perf_event_open, attr, tid, cpu, group, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* Whether libpfm4 knows the PMU before "::" and does not find it on this machine. */
static bool is_other_pmu(const char *event, char *pmu, size_t size)
{
	const char *end = strstr(event, "::");

	if (!end || (size_t)(end - event) >= size)
		return false;
	memcpy(pmu, event, (size_t)(end - event));
	pmu[end - event] = '\0';
	for (int i = PFM_PMU_NONE; i < PFM_PMU_MAX; i++) {
		pfm_pmu_info_t info = {.size = sizeof(info)};

		if (pfm_get_pmu_info((pfm_pmu_t)i, &info) == PFM_SUCCESS && !strcmp(info.name, pmu))
			return !info.is_present;
	}
	return false;
}

int pb_perf_encode(const char *event, struct perf_event_attr *attr, char *why, size_t size)
{
	pfm_perf_encode_arg_t arg = {.size = sizeof(arg), .attr = attr};
	char pmu[64];
	int rc = pfm_initialize();

	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	if (rc == PFM_SUCCESS)
		rc = pfm_get_os_event_encoding(event, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT_EXT, &arg);
	if (rc == PFM_SUCCESS)
		return 0;
	if (is_other_pmu(event, pmu, sizeof(pmu)))
		snprintf(why, size, "another CPU: libpfm4 finds no %s here", pmu);
	else
		snprintf(why, size, "libpfm4 cannot encode %s: %s", event, pfm_strerror(rc));
	return -EINVAL;
}

int pb_perf_tracepoint(const struct pb_root *root, const char *system, const char *event,
		       struct perf_event_attr *attr, char *why, size_t size)
{
	static const char *const folders[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	int64_t id = 0;
	int rc = -ENOENT;

	for (size_t i = 0; rc == -ENOENT && i < sizeof(folders) / sizeof(folders[0]); i++)
		rc = pb_root_i64(root, &id, "%s/events/%s/%s/id", folders[i], system, event);
	if (rc == -ENOENT && !pb_root_exists(root, "/sys/kernel/tracing/events") &&
	    !pb_root_exists(root, "/sys/kernel/debug/tracing/events")) {
		snprintf(why, size, "tracefs is not mounted (mount -t tracefs tracefs /sys/kernel/tracing)");
		return rc;
	}
	if (rc)
		return pb_reason(why, size, -rc, event);
	*attr = (struct perf_event_attr){
		.size = sizeof(*attr), .type = PERF_TYPE_TRACEPOINT, .config = (uint64_t)id};
	return 0;
}

/* One event of a group, opened and filtered. It counts from when its leader is enabled: before its filter is
 * set it would count everything. fd or -errno. */
static int open_member(const struct pb_perf_event *e, pid_t tid, int cpu, int leader)
{
	struct perf_event_attr a = e->attr;
	int fd, rc;

	a.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	a.disabled = leader < 0;
	a.inherit = 0;
	fd = open_event(&a, tid, cpu, leader);
	if (fd < 0 || !e->filter[0] || !ioctl(fd, PERF_EVENT_IOC_SET_FILTER, e->filter))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

struct report {
	uint32_t what; /* number of the event, or n for the group as a whole */
	int32_t rc;
};

/* Whether the group really gets counters, after a moment of work. */
static int counts(int leader)
{
	uint64_t in[3 + PB_PERF_GROUP_MAX];
	struct timespec begun, now;

	if (ioctl(leader, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	clock_gettime(CLOCK_MONOTONIC, &begun);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - begun.tv_sec) * 1000000000L + now.tv_nsec - begun.tv_nsec < TRY_WORK_NS);
	if (read(leader, in, sizeof(in)) < (ssize_t)(3 * sizeof(in[0])))
		return -EBUSY;
	return in[2] ? 0 : -EBUSY;
}

/* What a child tries: on itself, or a PMU outside the cores. */
struct trial {
	const struct pb_perf_event *event;
	size_t n;
	pid_t tid;
	int cpu, timeout_ms;
	int *result;
	int (*opener)(const struct pb_perf_event *event, pid_t tid, int cpu, int leader);
};

/* In the child: only system calls. Events with a result are not tried again. */
static void try_child(const struct trial *t, int out)
{
	struct report r = {0};
	int leader = -1;

	for (; r.what < t->n; r.what++) {
		if (t->result[r.what] < 0)
			continue;
		r.rc = t->opener(&t->event[r.what], t->tid, t->cpu, leader);
		if (leader < 0)
			leader = r.rc;
		if (write(out, &r, sizeof(r)) < 0 || leader < 0)
			_exit(1);
	}
	r.rc = leader < 0 || t->cpu >= 0 ? 0 : counts(leader);
	_exit(write(out, &r, sizeof(r)) < 0);
}

/* A child that hangs inside the kernel cannot be killed: it is left alone after half a second. */
static void end_child(pid_t child)
{
	struct timespec pause = {.tv_nsec = 5000000};

	kill(child, SIGKILL);
	for (int i = 0; i < 100 && waitpid(child, NULL, WNOHANG) == 0; i++)
		nanosleep(&pause, NULL);
}

/* Reads the child's reports. The verdict on the group, or with *next < n -ETIMEDOUT or -EFAULT on that event.
 */
static int collect(const struct trial *t, int in, size_t *next)
{
	struct pollfd p = {.fd = in, .events = POLLIN};
	struct report r;
	int rc;

	for (;;) {
		do
			rc = poll(&p, 1, t->timeout_ms);
		while (rc < 0 && errno == EINTR);
		if (rc == 0)
			return -ETIMEDOUT;
		if (rc < 0 || read(in, &r, sizeof(r)) != sizeof(r) || r.what > t->n)
			return -EFAULT;
		*next = r.what + 1;
		if (r.what == t->n)
			return r.rc;
		t->result[r.what] = r.rc < 0 ? r.rc : 0;
		while (*next < t->n && t->result[*next] < 0)
			++*next;
		if (r.what == 0 && r.rc < 0)
			return r.rc;
	}
}

/* One child. True when an event killed it and the others are to be tried without that one. */
static bool try_once(const struct trial *t, int *verdict)
{
	size_t next = 0;
	int pipefd[2];
	pid_t child;

	if (pipe2(pipefd, O_CLOEXEC)) {
		*verdict = -errno;
		return false;
	}
	child = fork();
	if (child == 0)
		try_child(t, pipefd[1]);
	*verdict = -errno;
	close(pipefd[1]);
	if (child > 0) {
		*verdict = collect(t, pipefd[0], &next);
		end_child(child);
	}
	close(pipefd[0]);
	if (child < 0 || t->result[0] < 0 || next >= t->n || (*verdict != -ETIMEDOUT && *verdict != -EFAULT))
		return false;
	t->result[next] = *verdict;
	return next > 0; /* without its leader there is no group */
}

int pb_perf_try_by(const struct pb_perf_event *event, size_t n, int timeout_ms, int *result,
		   int (*opener)(const struct pb_perf_event *event, pid_t tid, int cpu, int leader))
{
	struct trial t = {.event = event,
			  .n = n,
			  .cpu = -1,
			  .timeout_ms = timeout_ms,
			  .result = result,
			  .opener = opener};
	int verdict;

	if (!n || n > PB_PERF_GROUP_MAX)
		return -EINVAL;
	memset(result, 0, n * sizeof(*result));
	while (try_once(&t, &verdict))
		;
	return verdict;
}

int pb_perf_try(const struct pb_perf_event *event, size_t n, int timeout_ms, int *result)
{
	return pb_perf_try_by(event, n, timeout_ms, result, open_member);
}

int pb_perf_try_on(const struct perf_event_attr *attr, pid_t tid, int cpu, int timeout_ms)
{
	struct pb_perf_event event = {.attr = *attr};
	int result = 0, verdict;
	struct trial t = {.event = &event,
			  .n = 1,
			  .tid = tid,
			  .cpu = cpu,
			  .timeout_ms = timeout_ms,
			  .result = &result,
			  .opener = open_member};

	try_once(&t, &verdict);
	return verdict;
}

int pb_perf_open(struct pb_perf_group *g, const struct pb_perf_event *event, size_t n, pid_t tid)
{
	size_t open = 0;
	int rc;

	if (!n || n > PB_PERF_GROUP_MAX)
		return -EINVAL;
	g->n = n;
	for (size_t i = 0; i < n; i++) {
		g->fd[i] = open_member(&event[i], tid, -1, i ? g->fd[0] : -1);
		g->slot[i] = open;
		if (g->fd[i] >= 0) {
			open++;
			continue;
		}
		if (!i) {
			g->n = 0;
			return g->fd[0];
		}
		g->fd[i] = -1;
	}
	if (!ioctl(g->fd[0], PERF_EVENT_IOC_ENABLE, 0))
		return 0;
	rc = -errno;
	pb_perf_close(g);
	return rc;
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

bool pb_perf_advance(struct pb_perf_scaled *s, const struct pb_perf_values *v, size_t n)
{
	int64_t enabled = v->enabled_ns - s->last.enabled_ns, running = v->running_ns - s->last.running_ns;

	if (running <= 0)
		return enabled <= 0;
	for (size_t i = 0; i < n; i++) {
		if (v->value[i] == PB_NA)
			s->total[i] = (double)NAN;
		else
			s->total[i] +=
				(double)(v->value[i] - s->last.value[i]) * (double)enabled / (double)running;
	}
	s->last = *v;
	return true;
}
