/*
 * PMUs outside the cores, as the kernel describes them in /sys/bus/event_source/devices/NAME: type, CPUs to
 * open on, and how named terms ("event=0x83,umask=0x4") become a perf_event_attr. Opens nothing.
 */
#ifndef PB_COLLECTORS_UNCORE_H
#define PB_COLLECTORS_UNCORE_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/lib/buf.h"
#include "engine/lib/sysfs.h"

#define PB_UNCORE_FIELDS 24u
#define PB_UNCORE_CPUS 64u

/* Where the bits of one term go, lowest first. */
struct pb_uncore_field {
	char name[32];
	unsigned word; /* 0 config, 1 config1, 2 config2 */
	unsigned nbits;
	uint8_t bit[64];
};

struct pb_uncore_pmu {
	char name[64];
	uint32_t type;
	unsigned cpu[PB_UNCORE_CPUS]; /* one for each package or die; [0] = 0 when the PMU has no cpumask */
	size_t ncpu;
	struct pb_uncore_field field[PB_UNCORE_FIELDS];
	size_t nfield;
};

/* "config:0-7,32-35" (name is left alone). 0 or -EINVAL. */
int pb_uncore_format(const char *text, struct pb_uncore_field *f);

/* Names of the PMUs called prefix or prefix_N, in natural order, appended. 0 or -errno. */
int pb_uncore_find(const struct pb_root *root, const char *prefix, struct pb_strv *names);
/* 0 or -errno; a format that cannot be understood is left out. */
int pb_uncore_load(const struct pb_root *root, const char *name, struct pb_uncore_pmu *pmu);
/*
 * Terms joined by commas; a term without a value is 1. -EINVAL when the text is none, -ENOENT when the PMU
 * has no such term, -ERANGE when a value does not fit.
 */
int pb_uncore_encode(const struct pb_uncore_pmu *pmu, const char *terms, struct perf_event_attr *attr);
/*
 * An event the kernel names. *bytes is what one count stands for: from the .scale and .unit files where the
 * unit is MiB, else 0. 0, or as pb_uncore_encode, or -errno.
 */
int pb_uncore_event(const struct pb_root *root, const struct pb_uncore_pmu *pmu, const char *event,
		    struct perf_event_attr *attr, double *bytes);
/* Width of a term in bits, 0 when the PMU has none of that name. */
unsigned pb_uncore_bits(const struct pb_uncore_pmu *pmu, const char *field);

#endif
