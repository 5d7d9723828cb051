/*
 * Which of Intel's I/O stacks a disk hangs on: the kernel writes the first bus of each stack into
 * uncore_iio_N/dieM (Skylake, Cascade Lake, Snow Ridge, Ice Lake; not Sapphire Rapids and later).
 */
#ifndef PB_COLLECTORS_IIOSTACK_H
#define PB_COLLECTORS_IIOSTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/lib/sysfs.h"

struct pb_iio_place {
	bool known;
	unsigned stack; /* N */
	size_t die;     /* M: position in the PMU's cpumask */
};

/* Leaves known false when there is no disk, no such file, or no match. */
void pb_iio_place_find(const struct pb_root *root, const char *bdf, struct pb_iio_place *p);
/* Is the pmu called NAME_N, on the CPU at this position of its cpumask, the disk's? 1, 0, or PB_NA. */
int64_t pb_iio_place_is(const struct pb_iio_place *p, const char *pmu, size_t position);

#endif
