/*
 * The disks of the machine the agent runs on, as /sys tells about them.
 */
#ifndef PB_AGENT_DISKS_H
#define PB_AGENT_DISKS_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

/* Array of objects as docs/protocol.md has them under `disks`, sorted by name. NULL on no memory. */
json_t *pb_disks_list(const struct pb_root *root);
/*
 * Picks the one disk that `selector` ({serial}, {bdf} or {path}) names; *disk is a new reference. PB_USAGE
 * when none or more than one does.
 */
int pb_disks_find(const struct pb_root *root, const json_t *selector, json_t **disk, struct pb_err *err);

/*
 * The block device whose queues the disk's I/O goes through: with NVMe multipath nvme0n1 is only a head, and
 * queues belong to the hidden path nvme0c0n1 (the first one's, when there are several).
 */
void pb_disks_queue_owner(const struct pb_root *root, const char *name, char *path, size_t size);

#endif
