/*
 * What machine this is: the "host" object of manifest.json
 * (docs/run-directory.md). Facts that do not change during a run; read once.
 */
#ifndef PB_COLLECTORS_HOSTINFO_H
#define PB_COLLECTORS_HOSTINFO_H

#include <jansson.h>

#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

/*
 * A new object {kernel, qemu, cpu_model, cpus, numa_nodes, microcode, bios, governor,
 * iommu, lab, irqbalance, halt_poll_ns}; what cannot be read is null. `qemu` is always null here: only who
 * starts or asks QEMU knows its version. `lab` is true inside the lab's machine (/run/lab/init is there). 0
 * or -ENOMEM.
 */
int pb_hostinfo(const struct pb_root *root, json_t **out, struct pb_err *err);

/* What all CPUs have in the file below their directory ("cpufreq/scaling_governor"), "mixed" when they
 * differ, "" when none has it. size is 64 at least. */
void pb_cpus_share(const struct pb_root *root, const char *file, char *out, size_t size);

/* Number of CPUs (or nodes) in a kernel list such as "0-3,8"; -EINVAL when it is no such list. */
int pb_cpulist_count(const char *list);
/* Calls back for each number in the list, ascending as written. 0 or -EINVAL. */
int pb_cpulist_each(const char *list, void (*each)(void *arg, unsigned cpu), void *arg);

#endif
