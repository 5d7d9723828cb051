/*
 * PMUs that this machine does not have: their descriptions in a made-up /sys, as kernels 6.1 and 6.12 write
 * them, and a kernel that counts.
 */
#ifndef PB_TESTS_FAKEPMU_H
#define PB_TESTS_FAKEPMU_H

#include <errno.h>

#include "engine/collectors/uncoreset.h"
#include "tests/unit/faketree.h"

#define FAKEPMU_OPEN 64

struct fakepmu {
	struct perf_event_attr attr[FAKEPMU_OPEN];
	int cpu[FAKEPMU_OPEN];
	bool closed[FAKEPMU_OPEN];
	size_t n;
	uint64_t step;    /* handle h reads as step * (h + 1) */
	bool multiplexed; /* counted half of the time */
	int refuse_type;  /* PMU type that cannot be opened, with refuse_errno */
	int refuse_errno;
	unsigned tries;
};

static inline int fakepmu_try(void *arg, const struct perf_event_attr *attr, int cpu)
{
	struct fakepmu *k = arg;

	(void)cpu;
	k->tries++;
	return k->refuse_errno && (int)attr->type == k->refuse_type ? -k->refuse_errno : 0;
}

static inline int fakepmu_open(void *arg, const struct perf_event_attr *attr, int cpu)
{
	struct fakepmu *k = arg;

	assert_true(k->n < FAKEPMU_OPEN);
	assert_false(attr->exclude_guest || attr->exclude_host || attr->exclude_kernel || attr->exclude_user);
	k->attr[k->n] = *attr;
	k->cpu[k->n] = cpu;
	return (int)k->n++;
}

static inline ssize_t fakepmu_read(void *arg, int handle, uint64_t out[3])
{
	struct fakepmu *k = arg;

	assert_false(k->closed[handle]);
	out[0] = k->step * (uint64_t)(handle + 1);
	out[1] = 1000;
	out[2] = k->multiplexed ? 500 : 1000;
	return 3 * sizeof(out[0]);
}

static inline void fakepmu_close(void *arg, int handle)
{
	((struct fakepmu *)arg)->closed[handle] = true;
}

static inline struct pb_perf_ops fakepmu_ops(struct fakepmu *k)
{
	return (struct pb_perf_ops){.try = fakepmu_try,
				    .open = fakepmu_open,
				    .read = fakepmu_read,
				    .close = fakepmu_close,
				    .arg = k};
}

static inline void fakepmu_put(struct faketree *f, const char *pmu, const char *file, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "sys/bus/event_source/devices/%s/%s", pmu, file);
	fake_put(f, path, text);
}

static inline void fakepmu_describe(struct faketree *f, const char *pmu, const char *type,
				    const char *cpumask)
{
	fakepmu_put(f, pmu, "type", type);
	fakepmu_put(f, pmu, "cpumask", cpumask);
	fakepmu_put(f, pmu, "format/event", "config:0-7\n");
	fakepmu_put(f, pmu, "format/umask", "config:8-15\n");
}

/* Ice Lake server: a programmable stack. */
static inline void fakepmu_iio(struct faketree *f, const char *pmu, const char *type)
{
	fakepmu_describe(f, pmu, type, "0,32\n");
	fakepmu_put(f, pmu, "format/edge", "config:18\n");
	fakepmu_put(f, pmu, "format/inv", "config:23\n");
	fakepmu_put(f, pmu, "format/thresh", "config:24-35\n");
	fakepmu_put(f, pmu, "format/ch_mask", "config:36-47\n");
	fakepmu_put(f, pmu, "format/fc_mask", "config:48-50\n");
}

static inline void fakepmu_free_running(struct faketree *f, const char *pmu, const char *type)
{
	fakepmu_describe(f, pmu, type, "0,32\n");
	fakepmu_put(f, pmu, "events/ioclk", "event=0xff,umask=0x10\n");
	fakepmu_put(f, pmu, "events/bw_in_port0", "event=0xff,umask=0x20\n");
	fakepmu_put(f, pmu, "events/bw_in_port0.scale", "3.0517578125e-5\n");
	fakepmu_put(f, pmu, "events/bw_in_port0.unit", "MiB\n");
	fakepmu_put(f, pmu, "events/bw_in_port1", "event=0xff,umask=0x21\n");
	fakepmu_put(f, pmu, "events/bw_in_port1.scale", "3.0517578125e-5\n");
	fakepmu_put(f, pmu, "events/bw_in_port1.unit", "MiB\n");
}

/* A disk below root bus BUS ("97"). */
static inline void fakepmu_disk(struct faketree *f, const char *bus)
{
	char path[128], target[160];

	snprintf(path, sizeof(path), "sys/devices/pci0000:%s/0000:%s:02.0/0000:98:00.0/class", bus, bus);
	fake_put(f, path, "0x010802\n");
	snprintf(target, sizeof(target), "../../../devices/pci0000:%s/0000:%s:02.0/0000:98:00.0", bus, bus);
	fake_link(f, target, "sys/bus/pci/devices/0000:98:00.0");
}

#endif
