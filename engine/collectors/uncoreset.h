/*
 * A set of open counters outside the cores, each with the labels its rows carry. How they are opened is
 * behind a small interface, because the hardware is rare and tests need it.
 */
#ifndef PB_COLLECTORS_UNCORESET_H
#define PB_COLLECTORS_UNCORESET_H

#include "engine/collectors/collector.h"
#include "engine/collectors/uncore.h"

struct pb_perf_ops {
	/* Before the first real open: does this event do harm? 0 or -errno. */
	int (*try)(void *arg, const struct perf_event_attr *attr, int cpu);
	int (*open)(void *arg, const struct perf_event_attr *attr, int cpu); /* a handle >= 0, or -errno */
	/* As read(2) of an event without PERF_FORMAT_GROUP: value, enabled, running. */
	ssize_t (*read)(void *arg, int handle, uint64_t out[3]);
	void (*close)(void *arg, int handle);
	void *arg;
};

struct pb_uncore_counter {
	char pmu[64], event[48];
	const char *source; /* constant text, as the next */
	const char *direction;
	int port;     /* -1 = all of them together */
	int64_t ours; /* 1 = the disk's part of the machine, 0 = another one, PB_NA = not known */
	unsigned cpu;
	double bytes; /* a count stands for; 0 = no bytes */
	struct perf_event_attr attr;
	int handle; /* -1 = not open */
};

struct pb_uncore_set {
	const struct pb_perf_ops *ops;
	struct pb_uncore_counter *v;
	size_t n;
};

struct pb_uncore_reading {
	int64_t count; /* PB_NA = never scheduled or not readable */
	int64_t enabled_ns, running_ns;
};

/* The target's own ops, or the kernel's on a live machine, else NULL. */
const struct pb_perf_ops *pb_uncore_ops(const struct pb_target *t);
/* Adds a copy; handle becomes -1. 0 or -ENOMEM. */
int pb_uncore_set_add(struct pb_uncore_set *s, const struct pb_uncore_counter *c);
/* Tries the first counter of each PMU, opens what can be opened. 0 when at least one is open, else -errno
 * with why. */
int pb_uncore_set_open(struct pb_uncore_set *s, const struct pb_perf_ops *ops, char *why, size_t size);
/* As opening, but only tries. */
int pb_uncore_set_try(const struct pb_uncore_set *s, const struct pb_perf_ops *ops, char *why, size_t size);
void pb_uncore_set_read(const struct pb_uncore_set *s, size_t i, struct pb_uncore_reading *r);
void pb_uncore_set_fini(struct pb_uncore_set *s);

#endif
