/*
 * Native NVMe multipath (any drive that says it could have two controllers): a namespace is a head, nvme0n1,
 * under a virtual subsystem, in front of hidden paths, nvme0c1n1, one for each controller.
 */
#ifndef PB_LIB_NVME_PATHS_H
#define PB_LIB_NVME_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/lib/buf.h"
#include "engine/lib/sysfs.h"

/* Names of the controllers behind a block device ("nvme0"), appended: the one it is a device of, or with
 * multipath those of its subsystem in natural order. None for other disks. 0 or -errno. */
int pb_nvme_controllers(const struct pb_root *root, const char *block, struct pb_strv *names);
/* The first of them. False when there is none. */
bool pb_nvme_controller(const struct pb_root *root, const char *block, char *ctrl, size_t size);
/* The head's name for a path's ("nvme0c1n1" -> "nvme0n1"). False: not the name of a path. */
bool pb_nvme_head(const char *path, char *head, size_t size);

#endif
