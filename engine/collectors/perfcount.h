/*
 * Counting with perf_event_open: encoding by libpfm4, opening in groups, reading with the times that tell
 * multiplexing. Counts only; records no samples.
 */
#ifndef PB_COLLECTORS_PERFCOUNT_H
#define PB_COLLECTORS_PERFCOUNT_H

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PB_PERF_GROUP_MAX 8u

struct pb_perf_group {
	size_t n;
	int fd[PB_PERF_GROUP_MAX];      /* fd[0] leads; -1 = this event could not be opened */
	size_t slot[PB_PERF_GROUP_MAX]; /* where its value stands in a read */
};

struct pb_perf_values {
	int64_t value[PB_PERF_GROUP_MAX]; /* PB_NA = not open or never scheduled */
	int64_t enabled_ns, running_ns;   /* running < enabled: the group shared its counters */
};

/* libpfm4 text ("perf::CYCLES:mg") to an attribute. 0 or -errno with why. */
int pb_perf_encode(const char *event, struct perf_event_attr *attr, char *why, size_t size);
/*
 * Opens the event on itself in a child process that is killed after timeout_ms: a hypervisor or
 * driver that hangs or kills on the first access takes the child, not the run. 0, -errno of perf_event_open,
 * -ETIMEDOUT, or -EFAULT when the child died.
 */
int pb_perf_try(const struct perf_event_attr *attr, int timeout_ms);
/* The same as perf_event_open(2) takes tid and cpu: a PMU outside the cores is opened with tid -1 on a CPU.
 */
int pb_perf_try_on(const struct perf_event_attr *attr, pid_t tid, int cpu, int timeout_ms);
/* Opens n events as one group on thread tid, counting from now. -errno when the leader fails; siblings may
 * stay closed. */
int pb_perf_open(struct pb_perf_group *g, const struct perf_event_attr *attr, size_t n, pid_t tid);
/* 0 or -errno. */
int pb_perf_read(const struct pb_perf_group *g, struct pb_perf_values *v);
void pb_perf_close(struct pb_perf_group *g);

#endif
