/*
 * What a block device of the host stands on: partition, dm-crypt, LVM, snapshot, thin pool, multipath, RAID,
 * loop, down to the disks. From sysfs only; opens no device and asks no daemon.
 */
#ifndef PB_COLLECTORS_BLOCKSTACK_H
#define PB_COLLECTORS_BLOCKSTACK_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/lib/sysfs.h"

/*
 * A new array of {name, kind, detail, degraded}, the device itself first, then level by level what it stands
 * on, each once. kind: "partition", "crypt", "lvm", "thin", "thin-pool", "snapshot" (its store of changed
 * blocks), "snapshot-origin", "multipath", "dm" (any other mapping), "raid", "loop", "disk". detail: the
 * mapping's name, the RAID level ("raid1"), the loop's file; null when there is none. degraded: how many
 * members a RAID lacks, null for all else and where md does not say. 0, -ENODEV when block is no block device
 * here, or -ENOMEM.
 */
int pb_blockstack_read(const struct pb_root *root, const char *block, json_t **out);

/* The disk that a partition is on: sda1 lives in sda's directory. False, disk untouched, when name is no
 * partition. */
bool pb_blockstack_disk(const struct pb_root *root, const char *name, char *disk, size_t size);

#endif
