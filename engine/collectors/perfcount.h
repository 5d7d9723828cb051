/*
 * Counting with perf_event_open: encoding by libpfm4, opening in groups, reading with the times that tell
 * multiplexing. Counts only; records no samples.
 */
#ifndef PB_COLLECTORS_PERFCOUNT_H
#define PB_COLLECTORS_PERFCOUNT_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/lib/sysfs.h"

#define PB_PERF_GROUP_MAX 8u

struct pb_perf_event {
	struct perf_event_attr attr;
	char filter[128]; /* of a tracepoint; "" = none */
};

struct pb_perf_group {
	size_t n;
	int fd[PB_PERF_GROUP_MAX];      /* fd[0] leads; -1 = this event could not be opened */
	size_t slot[PB_PERF_GROUP_MAX]; /* where its value stands in a read */
};

struct pb_perf_values {
	int64_t value[PB_PERF_GROUP_MAX]; /* PB_NA = not open or never scheduled */
	int64_t enabled_ns, running_ns;   /* running < enabled: the group shared its counters */
};

/* What a group has counted, made good for the time in which it had no counters. */
struct pb_perf_scaled {
	struct pb_perf_values last;
	double total[PB_PERF_GROUP_MAX]; /* NAN = the event is not open */
};

/* libpfm4 text ("perf::CYCLES:mg") to an attribute. 0 or -errno with why. */
int pb_perf_encode(const char *event, struct perf_event_attr *attr, char *why, size_t size);
/* A tracepoint ("kvm", "kvm_exit") below root's tracefs or debugfs. 0 or -errno with why. */
int pb_perf_tracepoint(const struct pb_root *root, const char *system, const char *event,
		       struct perf_event_attr *attr, char *why, size_t size);
/*
 * Opens the events as one group on itself and lets them count for a moment, in a child process that is
 * killed after timeout_ms: a hypervisor or driver that hangs or kills on the first access takes the child,
 * not the run. result[i] says of each event 0, -errno of perf_event_open, -ETIMEDOUT, or -EFAULT when the
 * child died of it. Returns result[0] when the leader fails, -EBUSY when the group never got its counters,
 * else 0.
 */
int pb_perf_try(const struct pb_perf_event *event, size_t n, int timeout_ms, int *result);
/* The same with another way to open an event (fd or -errno), so that tests can have one that hangs or kills.
 */
int pb_perf_try_by(const struct pb_perf_event *event, size_t n, int timeout_ms, int *result,
		   int (*opener)(const struct pb_perf_event *event, pid_t tid, int cpu, int leader));
/*
 * One event as perf_event_open(2) takes tid and cpu, tried in the same way: a PMU outside the cores is opened
 * with tid -1 on a CPU. 0 or -errno as above; it need not have counted.
 */
int pb_perf_try_on(const struct perf_event_attr *attr, pid_t tid, int cpu, int timeout_ms);
/* Opens n events as one group on thread tid, counting from now. -errno when the leader fails; siblings may
 * stay closed. */
int pb_perf_open(struct pb_perf_group *g, const struct pb_perf_event *event, size_t n, pid_t tid);
/* 0 or -errno. */
int pb_perf_read(const struct pb_perf_group *g, struct pb_perf_values *v);
void pb_perf_close(struct pb_perf_group *g);

/*
 * Adds what was counted since the last call, times enabled / running of that interval. False when the
 * group had no counters in it although its thread ran: then the interval is only known at the next call
 * that returns true.
 */
bool pb_perf_advance(struct pb_perf_scaled *s, const struct pb_perf_values *v, size_t n);

#endif
