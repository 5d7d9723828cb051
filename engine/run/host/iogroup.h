/*
 * Which cgroups (version 2) use a disk, and the limit that one of them has: io.stat and io.max of
 * Documentation/admin-guide/cgroup-v2.rst. Chooses and reads; what is written is undo_iomax.c's.
 */
#ifndef PB_RUN_HOST_IOGROUP_H
#define PB_RUN_HOST_IOGROUP_H

#include <stdint.h>

#include "engine/lib/sysfs.h"

#define PB_IOGROUP_PATH 240

struct pb_iogroup {
	char path[PB_IOGROUP_PATH]; /* "/sys/fs/cgroup/machine.slice/x.scope" */
	int64_t bytes;              /* read and written on the disk by it and what is below it */
};

struct pb_iogroups {
	struct pb_iogroup *v; /* n, owned; parents before their children */
	size_t n;
};

/*
 * Groups below the root one that have io.max and have used the disk ("259:1"). 0, or -ENOENT with a message
 * when cgroup v2 is not there or its io controller is not on. fini after success.
 */
int pb_iogroups_read(const struct pb_root *root, const char *dev, struct pb_iogroups *g, struct pb_err *err);
void pb_iogroups_fini(struct pb_iogroups *g);
/*
 * The group that moved most between the two readings, seconds apart: neither `own` ("" = the root group) nor
 * one that holds it, the innermost of those that moved the same. Index into `after`, or -1 when nobody else
 * moved anything; *bytes_s is its rate.
 */
int pb_iogroups_busiest(const struct pb_iogroups *before, const struct pb_iogroups *after, const char *own,
			double seconds, double *bytes_s);
/* "rbps=N wbps=N riops=max wiops=max" of the disk in a group's io.max; all max when it has no line. -errno.
 */
int pb_iogroup_limit(const struct pb_root *root, const char *path, const char *dev, char *buf, size_t size);

#endif
