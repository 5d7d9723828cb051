/*
 * Which disk is meant: resolves what the user typed (PCI address, block
 * device path, by-id name, serial) to one disk and its identity. Reads only.
 */
#ifndef PB_RUN_HOST_DISK_H
#define PB_RUN_HOST_DISK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/lib/buf.h"
#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

struct pb_disk {
	char bdf[32];    /* PCI address of its controller, "" when it has none (loop) */
	char block[64];  /* kernel's block device name, "" when no host driver has it */
	char driver[64]; /* PCI driver now bound, "" = none */
	char model[128], serial[128], firmware[64];
	int64_t size_bytes;          /* PB_NA when unknown (no block device) */
	int64_t logical_block_bytes; /* PB_NA when unknown */
	bool readonly;
};

/*
 * Fills *d. An unknown disk is PB_USAGE and the sentence lists the disks there are; a PCI
 * function that is not mass storage, or a partition, is refused.
 */
int pb_disk_find(const struct pb_root *root, const char *what, struct pb_disk *d, struct pb_err *err);

/* Every whole disk as "BDF block serial model" lines, for messages and `check`. */
int pb_disk_list(const struct pb_root *root, struct pb_strv *lines);

/* Block devices whose controller is bdf (all namespaces), appended. 0 or -errno. */
int pb_disk_blocks(const struct pb_root *root, const char *bdf, struct pb_strv *names);

#endif
